using System.Runtime.InteropServices;
using System.Text;

namespace Cluster.Conformance.Linux;

/// <summary>The calls on FIFOs that a worker makes.</summary>
internal static class FifoCalls
{
    private const int F_SETFL = 4, F_SETPIPE_SZ = 1031, F_GETPIPE_SZ = 1032;
    private const nint FIONREAD = 0x541B;

    /// <summary>Makes a call.</summary>
    /// <param name="command">Which.</param>
    /// <param name="numbers">The descriptor, or the flags of open; then arguments as in the man page.</param>
    /// <param name="bytes">The path, or what is written.</param>
    /// <returns>Data: the sort of the result (<see cref="WorkerCommand"/>), then the number or the bytes.</returns>
    public static WorkerReply Execute(WorkerCommand command, long[] numbers, byte[] bytes)
    {
        var fd = (int)numbers[0];
        switch (command)
        {
            case WorkerCommand.FifoMake:
                return Reply(command, Libc.mkfifo(Encoding.UTF8.GetString(bytes), (uint)numbers[0]));
            case WorkerCommand.FifoOpen:
                return Reply(command, Libc.open(Encoding.UTF8.GetString(bytes), fd));
            case WorkerCommand.FifoUnlink:
                return Reply(command, Libc.unlink(Encoding.UTF8.GetString(bytes)));
            case WorkerCommand.FifoWrite:
                return Reply(command, Libc.write(fd, bytes, bytes.Length));
            case WorkerCommand.FifoRead:
                var buffer = new byte[numbers[1]];
                var count = Libc.read(fd, buffer, buffer.Length);
                return count < 0
                    ? Reply(command, count)
                    : new WorkerReply(0, [(byte)command, .. buffer[..(int)count]]);
            case WorkerCommand.FifoResize:
                return Reply(command, Libc.fcntl(fd, F_SETPIPE_SZ, (nint)numbers[1]));
            case WorkerCommand.FifoSetFlags:
                return Reply(command, Libc.fcntl(fd, F_SETFL, (nint)numbers[1]));
            case WorkerCommand.FifoPoll:
                Libc.PollStruct[] polled = [new() { Fd = fd, Events = (short)numbers[1] }];
                return Reply(command, Libc.poll(polled, 1, 0) < 0 ? -1 : polled[0].Returned);
            case WorkerCommand.FifoClose:
                return Reply(command, Libc.close(fd));
            default:
                var available = new int[1];
                if (Libc.ioctl(fd, FIONREAD, available) < 0) return Reply(command, -1);
                return Reply(command, ((long)Libc.fcntl(fd, F_GETPIPE_SZ, 0) << 32) + available[0]);
        }
    }

    private static WorkerReply Reply(WorkerCommand command, long result) => result < 0
        ? new WorkerReply(Marshal.GetLastPInvokeError(), [])
        : new WorkerReply(0, [(byte)command, .. BitConverter.GetBytes(result)]);
}
