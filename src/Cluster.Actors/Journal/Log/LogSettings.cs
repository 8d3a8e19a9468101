namespace Cluster.Actors.Journal.Log;

/// <summary>The bounds of the log.</summary>
/// <param name="Node">The name of the node: two nodes of one name never run at once.</param>
/// <param name="LogBytes">A stretch of the log of this size is compacted, in bytes.</param>
internal sealed record LogSettings(string Node, long LogBytes)
{
    /// <summary>An idle writer compacts a stretch of this size, in bytes.</summary>
    public long IdleBytes { get; init; } = Math.Min(1 << 20, LogBytes / 8);

    /// <summary>So long after the last compaction an idle writer frees what snapshots have replaced.</summary>
    public TimeSpan TrimAfter { get; init; } = TimeSpan.FromSeconds(20);
}
