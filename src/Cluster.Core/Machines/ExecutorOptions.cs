namespace Cluster.Core.Machines;

/// <summary>When an executor writes snapshots, and how much may wait for a write. All sizes in bytes.</summary>
public sealed record ExecutorOptions
{
    /// <summary>Events that may wait while a write is under way. Beyond it new calls fail with ENOBUFS.</summary>
    public int PendingEvents { get; init; } = 65_536;

    /// <summary>
    /// Bytes of events that may wait while a write is under way. Beyond it new calls fail with ENOBUFS.
    /// </summary>
    public long PendingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A snapshot is due when more bytes than this were written since the last one...</summary>
    public long SnapshotAfterBytes { get; init; } = 256 * 1024;

    /// <summary>...and more than this many times the size of the last snapshot (or of the state, if known).</summary>
    public int SnapshotAfterTimes { get; init; } = 2;

    /// <summary>The largest row of a snapshot.</summary>
    public int SnapshotPartBytes { get; init; } = 1024 * 1024;
}
