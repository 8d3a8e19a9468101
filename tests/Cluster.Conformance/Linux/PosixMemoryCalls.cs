using System.Runtime.InteropServices;
using System.Text;

namespace Cluster.Conformance.Linux;

/// <summary>The calls on POSIX shared memory that a worker makes, through the C library.</summary>
internal static class PosixMemoryCalls
{
    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, StatBytes = 144;

    // Where struct stat has st_mode, st_uid, st_gid and st_size.
    private static readonly (int Mode, int Uid, int Gid, int Size) Members =
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? (24, 28, 32, 48) : (16, 24, 28, 48);

    /// <summary>Makes a call.</summary>
    /// <param name="command">Which.</param>
    /// <param name="numbers">The descriptor or the address, or the flags of shm_open; then arguments as in the man page.</param>
    /// <param name="bytes">The name, or what is written.</param>
    /// <returns>Data: the descriptor, the address, what was read, or size, mode, owner and group.</returns>
    public static WorkerReply Execute(WorkerCommand command, long[] numbers, byte[] bytes)
    {
        var (fd, place) = ((int)numbers[0], (nint)numbers[0]);
        switch (command)
        {
            case WorkerCommand.ShmOpen:
                var opened = Libc.shm_open(Encoding.UTF8.GetString(bytes), fd, (uint)numbers[1]);
                return Reply(opened, BitConverter.GetBytes((long)opened));
            case WorkerCommand.ShmUnlink:
                return Reply(Libc.shm_unlink(Encoding.UTF8.GetString(bytes)), []);
            case WorkerCommand.ShmTruncate:
                return Reply(Libc.ftruncate(fd, numbers[1]), []);
            case WorkerCommand.ShmRead:
                var read = new byte[numbers[2]];
                var count = Libc.pread(fd, read, read.Length, numbers[1]);
                return Reply(count, count < 0 ? [] : read[..(int)count]);
            case WorkerCommand.ShmWrite:
                return Reply(Libc.pwrite(fd, bytes, bytes.Length, numbers[1]), []);
            case WorkerCommand.ShmMap:
                var protection = PROT_READ | (numbers[3] != 0 ? PROT_WRITE : 0);
                var mapped = Libc.mmap(0, (nint)numbers[1], protection, MAP_SHARED, fd, numbers[2]);
                return Reply(mapped == -1 ? -1 : 0, BitConverter.GetBytes((long)mapped));
            case WorkerCommand.ShmUnmap:
                return Reply(place is 0 or -1 ? 0 : Libc.munmap(place, (nint)numbers[1]), []);
            case WorkerCommand.ShmLoad:
                var loaded = new byte[numbers[1]];
                return Reply(Transfer(place, loaded, writes: false), loaded);
            case WorkerCommand.ShmStore:
                return Reply(Transfer(place, bytes, writes: true), []);
            case WorkerCommand.ShmDup:
                var copy = Libc.dup(fd);
                return Reply(copy, BitConverter.GetBytes((long)copy));
            case WorkerCommand.ShmClose:
                return Reply(Libc.close(fd), []);
            default:
                return Stat(fd);
        }
    }

    // The kernel copies, so that memory that is not there is EFAULT and no signal.
    private static unsafe nint Transfer(nint place, byte[] bytes, bool writes)
    {
        fixed (byte* local = bytes)
        {
            nint[] own = [(nint)local, bytes.Length], other = [place, bytes.Length];
            return writes
                ? Libc.process_vm_writev(Environment.ProcessId, own, 1, other, 1, 0)
                : Libc.process_vm_readv(Environment.ProcessId, own, 1, other, 1, 0);
        }
    }

    private static WorkerReply Stat(int fd)
    {
        var stat = new byte[StatBytes];
        var result = Libc.fstat(fd, stat);
        return Reply(result,
        [
            .. stat[Members.Size..(Members.Size + sizeof(long))],
            .. BitConverter.GetBytes(BitConverter.ToInt32(stat, Members.Mode) & Protocol.FileFlags.ModeBits),
            .. stat[Members.Uid..(Members.Uid + sizeof(int))], .. stat[Members.Gid..(Members.Gid + sizeof(int))],
        ]);
    }

    private static WorkerReply Reply(nint result, byte[] data) =>
        result < 0 ? new WorkerReply(Marshal.GetLastPInvokeError(), []) : new WorkerReply(0, data);
}
