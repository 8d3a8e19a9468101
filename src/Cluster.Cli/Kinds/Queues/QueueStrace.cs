using Cluster.Cli.Output;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>The calls on message queues in the notation of strace.</summary>
internal static class QueueStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        new(Op.Msgsnd, Sent),
        new(Op.Msgrcv, Received, Message),
        new(Op.Msgreturn, op => new("msgreturn", $"{op.Id}, {op.Call.Msgreturn.Seq}")),
        new(Op.Msgstat,
            op => new("msgctl", $"{op.Id}, {(op.Call.Msgstat.Any ? "MSG_STAT_ANY" : "IPC_STAT")}, "), Stat),
        new(Op.Msgset, op => new("msgctl", $"{op.Id}, IPC_SET, {Change(op.Call.Msgset)}")),
    ];

    private static StraceArguments Sent(TracedOperation op)
    {
        var (send, length) = (op.Call.Msgsnd, op.Traced.CallLength);
        var message = $"{{mtype={send.Type}, mtext={StraceText.Quote(send.Text, length)}}}";
        return new("msgsnd", $"{op.Id}, {message}, {length}, {Flags(send.Flags)}");
    }

    private static StraceArguments Received(TracedOperation op)
    {
        var receive = op.Call.Msgrcv;
        return new("msgrcv", $"{op.Id}, ", $", {receive.Size}, {receive.Type}, {Flags(receive.Flags)}");
    }

    private static StraceOutcome Message(TracedOperation op, Result result)
    {
        if (result.Message is not { } message) return StraceOutcome.Zero;
        var text = StraceText.Quote(message.Text, op.Traced.ResultLength);
        return new($"{{mtype={message.Type}, mtext={text}}}", $"{op.Traced.ResultLength}");
    }

    private static StraceOutcome Stat(TracedOperation op, Result result) => result.QueueStat is not { } stat
        ? StraceOutcome.Zero
        : new(
            $"{{msg_perm={StraceText.Of(stat.Permissions)}, msg_stime={stat.Stime}, msg_rtime={stat.Rtime}, "
            + $"msg_ctime={stat.Ctime}, msg_qnum={stat.Qnum}, msg_qbytes={stat.Qbytes}, msg_lspid={stat.Lspid}, "
            + $"msg_lrpid={stat.Lrpid}}}",
            "0");

    private static string Change(MsgSet set)
    {
        var qbytes = set.Patch is null ? set.Qbytes : set.HasPatchedQbytes ? set.PatchedQbytes : (ulong?)null;
        var rest = qbytes is null ? "" : $", msg_qbytes={qbytes}";
        return StraceText.Change("msg", set.Uid, set.Gid, set.Mode, set.Patch, rest);
    }

    private static string Flags(int flags) => StraceText.Flags(
        flags, (IpcFlags.MSG_NOERROR, "MSG_NOERROR"), (IpcFlags.MSG_EXCEPT, "MSG_EXCEPT"),
        (IpcFlags.MSG_COPY, "MSG_COPY"), (IpcFlags.IPC_NOWAIT, "IPC_NOWAIT"));
}
