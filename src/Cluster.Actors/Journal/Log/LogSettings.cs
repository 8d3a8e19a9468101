namespace Cluster.Actors.Journal.Log;

/// <summary>The bounds of the log.</summary>
/// <param name="Node">The name of the node: two nodes of one name never run at once.</param>
/// <param name="LogBytes">A stretch of the log of this size is compacted, in bytes.</param>
internal sealed record LogSettings(string Node, long LogBytes)
{
    /// <summary>An idle writer compacts a stretch of this size, in bytes.</summary>
    public long IdleBytes { get; init; } = Math.Min(1 << 20, LogBytes / 8);

    /// <summary>
    /// A stretch of this size, in bytes, is compacted early if nearly all of it is of no use any more. Its rows go while
    /// their pages are in memory, and the pages are used again at once.
    /// </summary>
    public long DeadBytes { get; init; } = Math.Min(1 << 20, LogBytes / 8);

    /// <summary>At most one byte of so many is of use in such a stretch.</summary>
    public int DeadFactor { get; init; } = 8;

    /// <summary>It has at most so many entities: each may cost a row.</summary>
    public int DeadEntities { get; init; } = 64;

    /// <summary>So long after the last compaction an idle writer frees what snapshots have replaced.</summary>
    public TimeSpan TrimAfter { get; init; } = TimeSpan.FromSeconds(20);
}
