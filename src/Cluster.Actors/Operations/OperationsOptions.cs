using Cluster.Actors.Routing;

namespace Cluster.Actors.Operations;

/// <summary>The settings of the operations of a node.</summary>
public sealed record OperationsOptions
{
    /// <summary>The way to entities.</summary>
    public required Regions Regions { get; init; }

    /// <summary>The address of this node's gateway, as clients reach it.</summary>
    public required string Gateway { get; init; }

    /// <summary>Counters of the node.</summary>
    public required NodeStats Stats { get; init; }

    /// <summary>The version of the node.</summary>
    public string Version { get; init; } = "";

    /// <summary>How long the node has run, in ms.</summary>
    public Func<long> UptimeMs { get; init; } = () => 0;

    /// <summary>A node that does not answer within this time is shown without figures.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(1);
}
