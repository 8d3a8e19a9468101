using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>What a node says about itself. Counts are of this node, since its start.</summary>
public sealed record NodeStatus
{
    /// <summary>The node's gateway address.</summary>
    public string Node { get; init; } = "";

    /// <summary>The version of the node's program.</summary>
    public string Version { get; init; } = "";

    /// <summary>Milliseconds since the start.</summary>
    public long UptimeMs { get; init; }

    /// <summary>"sqlite PATH" or "postgresql".</summary>
    public string Journal { get; init; } = "";

    /// <summary>Processes that are connected to this node.</summary>
    public long Sessions { get; init; }

    /// <summary>Entities that are active on this node.</summary>
    public long Entities { get; init; }

    /// <summary>Calls that arrived.</summary>
    public long Calls { get; init; }

    /// <summary>Results that left.</summary>
    public long Results { get; init; }

    /// <summary>Calls that block on this node now.</summary>
    public long Parked { get; init; }

    /// <summary>Rows written to the journal.</summary>
    public long JournalRows { get; init; }

    /// <summary>Bytes written to the journal.</summary>
    public long JournalBytes { get; init; }

    /// <summary>Transactions of the journal.</summary>
    public long JournalCommits { get; init; }

    /// <summary>Median of the last commits, microseconds.</summary>
    public double JournalCommitUs { get; init; }

    internal static NodeStatus From(NodeStatReply wire) => new()
    {
        Node = wire.Node,
        Version = wire.Version,
        UptimeMs = wire.UptimeMs,
        Journal = wire.Journal,
        Sessions = wire.Sessions,
        Entities = wire.Entities,
        Calls = wire.Calls,
        Results = wire.Results,
        Parked = wire.Parked,
        JournalRows = wire.JournalRows,
        JournalBytes = wire.JournalBytes,
        JournalCommits = wire.JournalCommits,
        JournalCommitUs = wire.JournalCommitUs,
    };
}
