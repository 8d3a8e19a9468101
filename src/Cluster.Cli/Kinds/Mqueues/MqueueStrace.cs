using Cluster.Cli.Output;
using Op = Cluster.Protocol.MqueueCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls on POSIX message queues in the notation of strace. The number of the description stands in the place of
/// the descriptor. The wire has how long a call may block, and not the time at which it gives up.
/// </summary>
internal static class MqueueStrace
{
    private static readonly string[] Methods = ["SIGEV_SIGNAL", "SIGEV_NONE", "SIGEV_THREAD"];

    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(Op.Send, Sent),
        Format(Op.Receive, Received, Message),
        Format(Op.Return, op => new("mq_return", $"{op.Call.Mqueue.Return.Seq}")),
        Format(Op.Notify, Registered),
        Format(Op.Await, op => new("mq_await", $"/* registration */ {op.Call.Mqueue.Await.Registration}, "), Notified),
        Format(
            Op.Getattr, op => new("mq_getsetattr", $"{op.Call.Mqueue.Getattr.Description}, NULL, "), Attributes),
    ];

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.Mqueue, (int)operation), arguments, outcome);

    private static StraceArguments Sent(TracedOperation op)
    {
        var (send, length) = (op.Call.Mqueue.Send, op.Traced.CallLength);
        var text = StraceText.Quote(send.Text, length);
        return new("mq_timedsend", $"{send.Description}, {text}, {length}, {send.Priority}, {Timeout(op)}");
    }

    // The call fills the text and the priority, which stand on both sides of the size. So both are part of what a
    // successful call has filled.
    private static StraceArguments Received(TracedOperation op)
    {
        var receive = op.Call.Mqueue.Receive;
        var unfilled = op.Traced.Result is { Errno: 0 } ? "" : $", {receive.Size}, NULL";
        return new("mq_timedreceive", $"{receive.Description}, ", $"{unfilled}, {Timeout(op)}");
    }

    private static StraceOutcome Message(TracedOperation op, Result result)
    {
        var message = result.MqueueMessage ?? new MqueueMessage();
        var text = StraceText.Quote(message.Text, op.Traced.ResultLength);
        return new(
            $"{text}, {op.Call.Mqueue.Receive.Size}, [{message.Priority}]", $"{op.Traced.ResultLength}");
    }

    private static StraceArguments Registered(TracedOperation op)
    {
        var notify = op.Call.Mqueue.Notify;
        if (notify.Remove) return new("mq_notify", $"{notify.Description}, NULL");
        var members = new List<string>();
        if (notify.Value != 0) members.Add($"sigev_value={{sival_ptr=0x{notify.Value:x}}}");
        if (notify.Signal != 0) members.Add($"sigev_signo={Signals.NameOf(notify.Signal)}");
        var isKnown = notify.Method >= 0 && notify.Method < Methods.Length;
        members.Add($"sigev_notify={(isKnown ? Methods[notify.Method] : $"0x{notify.Method:x} /* SIGEV_??? */")}");
        return new("mq_notify", $"{notify.Description}, {{{string.Join(", ", members)}}}");
    }

    // As sigwaitinfo(2) shows siginfo_t.
    private static StraceOutcome Notified(TracedOperation op, Result result) => result.MqueueNotification is { } told
        ? new(
            $"{{si_code=SI_MESGQ, si_pid={told.Pid}, si_uid={told.Uid}, si_value={{sival_ptr=0x{told.Value:x}}}}}",
            "0")
        : StraceOutcome.Zero;

    private static StraceOutcome Attributes(TracedOperation op, Result result) => result.MqueueAttributes is { } now
        ? new(
            $"{{mq_flags={StraceText.Flags(now.Flags, (FileFlags.O_NONBLOCK, "O_NONBLOCK"))}, mq_maxmsg={now.Maxmsg}, "
            + $"mq_msgsize={now.Msgsize}, mq_curmsgs={now.Curmsgs}}}",
            "0")
        : StraceOutcome.Zero;

    private static string Timeout(TracedOperation op) =>
        op.Call.HasTimeoutMs ? $"/* in {op.Call.TimeoutMs} ms */" : "NULL";
}
