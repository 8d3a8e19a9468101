using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Routing;
using Cluster.Actors.Time;
using Cluster.Actors.Tracing;
using Cluster.Core.Machines;
using Cluster.Core.Shells;

namespace Cluster.Actors.Entities;

/// <summary>What every entity of a node needs.</summary>
public sealed record EntityOptions
{
    /// <summary>The address of this node's gateway, as clients reach it: results name it.</summary>
    public required string Gateway { get; init; }

    /// <summary>Counters of the node.</summary>
    public required NodeStats Stats { get; init; }

    /// <summary>How entities write.</summary>
    public ExecutorOptions Executor { get; init; } = new();

    /// <summary>An entity that nobody has called for this long is taken out of memory.</summary>
    public TimeSpan PassivateAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Unanswered requests to other entities are repeated after this.</summary>
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Acknowledgements that nobody waits for are written after this at the latest.</summary>
    public TimeSpan LazyWriteAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// False: each call is written by itself. It exists only to measure what group commit is worth.
    /// </summary>
    public bool GroupCommit { get; init; } = true;

    /// <summary>The wall clock, for the times that people read.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The clock by which everything is measured.</summary>
    public ClusterClock Clock { get; init; } = new();

    /// <summary>Whether entities here may speak.</summary>
    public IQuorum Quorum { get; init; } = SingleNodeQuorum.Instance;

    /// <summary>Who traces on this node.</summary>
    public Taps Taps { get; init; } = new();

    /// <summary>The way to other entities, completed once all regions have started.</summary>
    public TaskCompletionSource<Regions> Regions { get; } = new();

    /// <summary>The part that the shells need.</summary>
    internal ShellOptions ToShell() => new()
    {
        Owner = Gateway,
        Executor = Executor,
        PassivateAfterMs = (long)PassivateAfter.TotalMilliseconds,
        RepeatAfterMs = (long)RepeatAfter.TotalMilliseconds,
        LazyWriteAfterMs = (long)LazyWriteAfter.TotalMilliseconds,
    };
}
