namespace Cluster.Client;

/// <summary>struct shminfo: shmctl(IPC_INFO).</summary>
/// <param name="ShmMax">shmmax: bytes of one segment.</param>
/// <param name="ShmAll">shmall: pages of all segments.</param>
/// <param name="ShmMni">shmmni: segments of the namespace.</param>
/// <param name="HighestIndex">The highest index in use; -1: there is no segment.</param>
public readonly record struct SharedMemoryLimits(ulong ShmMax, ulong ShmAll, long ShmMni, int HighestIndex)
{
    /// <summary>shmmin: bytes that a segment has at least.</summary>
    public long ShmMin => 1;

    /// <summary>shmseg: segments that a process can attach; as on Linux, shmmni.</summary>
    public long ShmSeg => ShmMni;
}
