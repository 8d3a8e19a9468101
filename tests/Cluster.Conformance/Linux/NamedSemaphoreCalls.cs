using System.Runtime.InteropServices;
using System.Text;

namespace Cluster.Conformance.Linux;

/// <summary>The calls on named POSIX semaphores that a worker makes, through the C library.</summary>
internal static class NamedSemaphoreCalls
{
    /// <summary>Makes a call.</summary>
    /// <param name="command">Which.</param>
    /// <param name="numbers">The semaphore's address, or the flags of sem_open; then arguments as in the man page.</param>
    /// <param name="bytes">The name.</param>
    /// <returns>Data: the address; the value.</returns>
    public static WorkerReply Execute(WorkerCommand command, long[] numbers, byte[] bytes)
    {
        var address = (nint)numbers[0];
        switch (command)
        {
            case WorkerCommand.SemOpen:
                var opened = Libc.sem_open(
                    Encoding.UTF8.GetString(bytes), (int)numbers[0], (uint)numbers[1], (uint)numbers[2]);
                return Reply(opened == 0 ? -1 : 0, BitConverter.GetBytes((long)opened));
            case WorkerCommand.SemUnlink:
                return Reply(Libc.sem_unlink(Encoding.UTF8.GetString(bytes)), []);
            case var _ when address is 0 or -1: // to get warm: the C library would follow it
                return new WorkerReply((int)Protocol.Errno.EINVAL, []);
            case WorkerCommand.SemClose:
                return Reply(Libc.sem_close(address), []);
            case WorkerCommand.SemWait:
                return Reply(Libc.sem_wait(address), []);
            case WorkerCommand.SemTimedwait:
                return Reply(Libc.sem_timedwait(address, [1, 0]), []);
            case WorkerCommand.SemPost:
                return Reply(Libc.sem_post(address), []);
            default:
                return Reply(Libc.sem_getvalue(address, out var value), BitConverter.GetBytes(value));
        }
    }

    private static WorkerReply Reply(int result, byte[] data) =>
        result < 0 ? new WorkerReply(Marshal.GetLastPInvokeError(), []) : new WorkerReply(0, data);
}
