using System.Runtime.InteropServices;

namespace Cluster.Conformance.Linux;

/// <summary>The calls on message queues: those of the workers, and those that show the tests the state.</summary>
internal static class QueueCalls
{
    // struct msqid_ds of 64-bit Linux: where its members are.
    private const int Uid = 4, Gid = 8, Cuid = 12, Cgid = 16, Mode = 20, Stime = 48, Rtime = 56, Ctime = 64;
    private const int Cbytes = 72, Qnum = 80, Qbytes = 88, Lspid = 96, Lrpid = 100, StateBytes = 256;
    private const int TextBytes = 32_768;
    private const int CopyFlags = Protocol.IpcFlags.IPC_NOWAIT | Protocol.IpcFlags.MSG_COPY;

    /// <summary>Makes a call.</summary>
    /// <param name="command">Which.</param>
    /// <param name="numbers">The id or key; arguments as in the man page; IPC_SET: uid, gid, mode, qbytes.</param>
    /// <param name="bytes">mtext.</param>
    /// <returns>Data: the id of msgget; mtype and mtext of msgrcv.</returns>
    public static WorkerReply Execute(WorkerCommand command, long[] numbers, byte[] bytes)
    {
        var id = (int)numbers[0];
        switch (command)
        {
            case WorkerCommand.GetQueue:
                var got = Libc.msgget(id, (int)numbers[1]);
                return Reply(got, BitConverter.GetBytes(got));
            case WorkerCommand.Send:
                byte[] message = [.. BitConverter.GetBytes(numbers[1]), .. bytes];
                return Reply(Libc.msgsnd(id, message, bytes.Length, (int)numbers[2]), []);
            case WorkerCommand.Receive:
                return Receive(id, numbers[1], numbers[2], (int)numbers[3]);
            case WorkerCommand.SetQueue:
                var state = new byte[StateBytes];
                BitConverter.TryWriteBytes(state.AsSpan(Uid), (uint)numbers[1]);
                BitConverter.TryWriteBytes(state.AsSpan(Gid), (uint)numbers[2]);
                BitConverter.TryWriteBytes(state.AsSpan(Mode), (uint)numbers[3]);
                BitConverter.TryWriteBytes(state.AsSpan(Qbytes), numbers[4]);
                return Reply(Libc.msgctl(id, Libc.IPC_SET, state), []);
            default:
                var control = command == WorkerCommand.RemoveQueue ? Libc.IPC_RMID : Libc.IPC_STAT;
                return Reply(Libc.msgctl(id, control, new byte[StateBytes]), []);
        }
    }

    /// <summary>msqid_ds; null: there is no such queue.</summary>
    public static LinuxQueueState? Stat(int id)
    {
        var state = new byte[StateBytes];
        if (Libc.msgctl(id, Libc.IPC_STAT, state) != 0) return null;
        return new LinuxQueueState(
            $"uid={Int(Uid)} gid={Int(Gid)} cuid={Int(Cuid)} cgid={Int(Cgid)} mode={Int(Mode) & 0x1FF} "
            + $"qbytes={(ulong)Long(Qbytes)} qnum={Long(Qnum)} cbytes={Long(Cbytes)}",
            (int)Int(Lspid), (int)Int(Lrpid), [Long(Stime), Long(Rtime), Long(Ctime)]);
        uint Int(int at) => BitConverter.ToUInt32(state, at);
        long Long(int at) => BitConverter.ToInt64(state, at);
    }

    /// <summary>Every message of a queue, in order, by MSG_COPY; null: this kernel has none.</summary>
    public static List<string>? Contents(int id)
    {
        List<string> all = [];
        while (true)
        {
            var reply = Receive(id, TextBytes, all.Count, CopyFlags);
            if (reply.Errno == (int)Protocol.Errno.ENOSYS) return null;
            if (reply.Errno != 0) return all;
            all.Add(Show(reply.Data));
        }
    }

    /// <summary>The message that msgrcv gave.</summary>
    public static string Show(byte[] data) =>
        Show(BitConverter.ToInt64(data), System.Text.Encoding.ASCII.GetString(data, 8, data.Length - 8));

    /// <summary>A message.</summary>
    public static string Show(long type, string text) =>
        $"type={type} \"{(text.Length < 100 ? text : $"{text[..100]}... {text.Length}")}\"";

    private static WorkerReply Receive(int id, long size, long type, int flags)
    {
        var buffer = new byte[8 + TextBytes];
        var length = Libc.msgrcv(id, buffer, (nint)size, (nint)type, flags);
        return Reply(length, length < 0 ? [] : buffer[..(8 + (int)length)]);
    }

    private static WorkerReply Reply(nint result, byte[] data) =>
        result < 0 ? new WorkerReply(Marshal.GetLastPInvokeError(), []) : new WorkerReply(0, data);
}

/// <summary>msqid_ds of a queue of the kernel.</summary>
/// <param name="Members">The members that must be equal in the cluster.</param>
/// <param name="Lspid">The process of the last send.</param>
/// <param name="Lrpid">The process of the last receive.</param>
/// <param name="Times">stime, rtime, ctime; in s since the epoch.</param>
internal sealed record LinuxQueueState(string Members, int Lspid, int Lrpid, long[] Times);
