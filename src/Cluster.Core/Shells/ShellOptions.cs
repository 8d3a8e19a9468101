using Cluster.Core.Machines;

namespace Cluster.Core.Shells;

/// <summary>What the shells of a node have in common. All times in ms.</summary>
public sealed record ShellOptions
{
    /// <summary>
    /// The gateway address of the node: results name it, so that clients call the right node next time.
    /// </summary>
    public required string Owner { get; init; }

    /// <summary>How entities write.</summary>
    public ExecutorOptions Executor { get; init; } = new();

    /// <summary>An entity that nobody has called for this long is taken out of memory.</summary>
    public long PassivateAfterMs { get; init; } = 120_000;

    /// <summary>Unanswered requests to other entities are sent again after this.</summary>
    public long RepeatAfterMs { get; init; } = 1_000;

    /// <summary>Acknowledgements that nobody waits for are written after this at the latest.</summary>
    public long LazyWriteAfterMs { get; init; } = 2_000;
}
