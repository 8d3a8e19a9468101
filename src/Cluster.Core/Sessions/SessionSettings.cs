namespace Cluster.Core.Sessions;

/// <summary>What the sessions of a node have in common. All times in ms.</summary>
public sealed record SessionSettings
{
    /// <summary>The address of the node's gateway, as clients reach it.</summary>
    public required string Gateway { get; init; }

    /// <summary>
    /// The first of several unanswered requests has them sent again once after this: a shard that moves can lose what
    /// arrives at the wrong moment.
    /// </summary>
    public long RepeatSoonAfterMs { get; init; } = 200;

    /// <summary>Unanswered requests are sent again after this.</summary>
    public long RepeatAfterMs { get; init; } = 1_000;

    /// <summary>A client that cannot be let in within this time is told to try again.</summary>
    public long OpenTimeoutMs { get; init; } = 20_000;

    /// <summary>The limits that the node holds for its sessions.</summary>
    public NodeLimits Limits { get; init; } = new();
}
