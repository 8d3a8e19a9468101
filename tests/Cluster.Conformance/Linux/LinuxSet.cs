using System.Runtime.InteropServices;
using Cluster.Protocol;

namespace Cluster.Conformance.Linux;

/// <summary>A semaphore set of the kernel that runs the tests.</summary>
internal sealed class LinuxSet : IDisposable
{
    // struct semid_ds of 64-bit Linux: where its members are.
    private const int Uid = 4, Gid = 8, Cuid = 12, Cgid = 16, Mode = 20;
    private const int Otime = 48, Ctime = 64, Nsems = 80;
    private const int StateBytes = 256;

    public LinuxSet(int count)
    {
        Count = count;
        Id = Libc.semget(IpcFlags.IPC_PRIVATE, count, 0x1B6);
    }

    public int Id { get; }

    public int Count { get; }

    /// <summary>
    /// Processes that are blocked here: each is counted once, by the one operation that it waits for.
    /// </summary>
    public int Blocked => Enumerable.Range(0, Count).Sum(num => Get(num, Libc.GETNCNT) + Get(num, Libc.GETZCNT));

    /// <summary>The values, pids and counts of each semaphore, from semctl.</summary>
    public string State()
    {
        var values = new ushort[Count];
        Libc.semctl_values(Id, 0, Libc.GETALL, values);
        var nums = Enumerable.Range(0, Count).ToArray();
        if (nums.Any(num => Get(num, Libc.GETVAL) != values[num]))
            throw new InvalidOperationException("GETVAL is not GETALL");
        return $"values [ {string.Join(", ", values)} ] pids {All(Libc.GETPID)} ncnt {All(Libc.GETNCNT)} "
            + $"zcnt {All(Libc.GETZCNT)}";
        string All(int command) => $"[ {string.Join(", ", nums.Select(num => Get(num, command)))} ]";
    }

    /// <summary>semid_ds; of otime only whether it was ever set.</summary>
    public string Stat()
    {
        var state = ReadStat();
        var hasOtime = BitConverter.ToInt64(state, Otime) != 0;
        var hasCtime = BitConverter.ToInt64(state, Ctime) != 0;
        return $"uid={BitConverter.ToUInt32(state, Uid)} gid={BitConverter.ToUInt32(state, Gid)} "
            + $"mode={BitConverter.ToUInt16(state, Mode) & 0x1FF} nsems={BitConverter.ToInt64(state, Nsems)} "
            + $"otime={(hasOtime ? 1 : 0)} ctime={(hasCtime ? 1 : 0)}";
    }

    /// <summary>The creator.</summary>
    public (uint Uid, uint Gid) Creator()
    {
        var state = ReadStat();
        return (BitConverter.ToUInt32(state, Cuid), BitConverter.ToUInt32(state, Cgid));
    }

    /// <summary>IPC_SET; the errno.</summary>
    public int Set(uint uid, uint gid, uint mode)
    {
        var state = ReadStat();
        BitConverter.TryWriteBytes(state.AsSpan(Uid), uid);
        BitConverter.TryWriteBytes(state.AsSpan(Gid), gid);
        BitConverter.TryWriteBytes(state.AsSpan(Mode), (ushort)mode);
        return Libc.semctl_bytes(Id, 0, Libc.IPC_SET, state) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    public void Dispose() => Libc.semctl(Id, 0, Libc.IPC_RMID, 0);

    private byte[] ReadStat()
    {
        var state = new byte[StateBytes];
        if (Libc.semctl_bytes(Id, 0, Libc.IPC_STAT, state) != 0) throw new InvalidOperationException("IPC_STAT");
        return state;
    }

    private int Get(int num, int command) => Libc.semctl(Id, num, command, 0);
}
