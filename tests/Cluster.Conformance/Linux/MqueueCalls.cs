using System.Runtime.InteropServices;
using System.Text;

namespace Cluster.Conformance.Linux;

/// <summary>The calls on POSIX message queues that a worker makes. Bytes begin with the name, where there is one.</summary>
internal static class MqueueCalls
{
    private const int TextBytes = 32_768;
    private const int SIGEV_BYTES = 64;

    /// <summary>Makes a call.</summary>
    /// <param name="command">Which.</param>
    /// <param name="numbers">The descriptor, or the flags of mq_open; then arguments as in the man page.</param>
    /// <param name="bytes">A name, or a text.</param>
    /// <returns>Data: the descriptor; the priority and the text; the attributes and the file.</returns>
    public static WorkerReply Execute(WorkerCommand command, long[] numbers, byte[] bytes)
    {
        var mqd = (int)numbers[0];
        switch (command)
        {
            case WorkerCommand.MqOpen:
                long[]? attributes = numbers[2] == long.MinValue ? null : [0, numbers[2], numbers[3], 0, 0, 0, 0, 0];
                var opened = Libc.mq_open(Encoding.UTF8.GetString(bytes), mqd, (uint)numbers[1], attributes);
                return Reply(opened, BitConverter.GetBytes(opened));
            case WorkerCommand.MqClose:
                return Reply(Libc.close(mqd), []);
            case WorkerCommand.MqUnlink:
                return Reply(Libc.mq_unlink(Encoding.UTF8.GetString(bytes)), []);
            case WorkerCommand.MqSend:
                return Reply(Libc.mq_timedsend(mqd, bytes, bytes.Length, (uint)numbers[1], TimeoutOf(numbers[2])), []);
            case WorkerCommand.MqReceive:
                var buffer = new byte[TextBytes];
                var length = Libc.mq_timedreceive(mqd, buffer, (nint)numbers[1], out var priority, TimeoutOf(numbers[2]));
                return Reply(length, length < 0 ? [] : [.. BitConverter.GetBytes(priority), .. buffer[..(int)length]]);
            case WorkerCommand.MqSetattr:
                return Reply(Libc.mq_setattr(mqd, [numbers[1], 0, 0, 0, 0, 0, 0, 0], null), []);
            case WorkerCommand.MqNotify:
                var sevp = new byte[SIGEV_BYTES];
                BitConverter.TryWriteBytes(sevp.AsSpan(8), (int)numbers[2]);
                BitConverter.TryWriteBytes(sevp.AsSpan(12), (int)numbers[1]);
                return Reply(Libc.mq_notify(mqd, numbers[3] != 0 ? null : sevp), []);
            case WorkerCommand.MqLimit:
                return Reply(Libc.setrlimit(Libc.RLIMIT_MSGQUEUE, [numbers[0], Protocol.Bounds.RlimitMsgqueue]), []);
            default:
                return State(mqd);
        }
    }

    // mq_getattr(3), and the file of the queue if the descriptor may read it.
    private static WorkerReply State(int mqd)
    {
        var attributes = new long[8];
        if (Libc.mq_getattr(mqd, attributes) != 0) return new WorkerReply(Marshal.GetLastPInvokeError(), []);
        var file = new byte[200];
        Libc.lseek(mqd, 0, 0);
        var length = Math.Max(0, (int)Libc.read(mqd, file, file.Length));
        return new WorkerReply(0, [.. MemoryMarshal.AsBytes(attributes.AsSpan(0, 4)), .. file[..length]]);
    }

    private static long[]? TimeoutOf(long seconds) => seconds < 0 ? null : [seconds, 0];

    private static WorkerReply Reply(nint result, byte[] data) =>
        result < 0 ? new WorkerReply(Marshal.GetLastPInvokeError(), []) : new WorkerReply(0, data);
}
