using Cluster.Cli.Kinds;
using Cluster.Cli.Output;
using Op = Cluster.Protocol.SignalCall.OpOneofCase;

namespace Cluster.Cli.Tracing;

/// <summary>The calls about signals in the notation of strace.</summary>
internal static class SignalStrace
{
    private static readonly string[] Dispositions = ["SIG_DFL", "SIG_IGN", "handler"];
    private static readonly string[] Hows = ["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"];

    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(Op.Send, op =>
        {
            var (send, name) = (op.Call.Signal.Send, Signals.NameOf(op.Call.Signal.Send.Signal));
            return send.Code == 0
                ? new("kill", $"{op.Id}, {name}")
                : new("rt_sigqueueinfo", $"{op.Id}, {name}, {{si_code=SI_QUEUE, si_value={send.Value}}}");
        }),
        Format(Op.Probe, op => new("kill", $"{op.Id}, 0")),
        Format(
            Op.Action,
            op =>
            {
                var action = op.Call.Signal.Action;
                var to = action.HasDisposition ? Word(Dispositions, action.Disposition) : "NULL";
                return new("rt_sigaction", $"{Signals.NameOf(action.Signal)}, {to}, ");
            },
            (_, result) => new(Word(Dispositions, result.SignalSetting?.Disposition ?? 0), "0")),
        Format(
            Op.Mask,
            op =>
            {
                var mask = op.Call.Signal.Mask;
                return new("rt_sigprocmask", $"{Word(Hows, mask.How)}, {(mask.HasSet ? Set(mask.Set) : "NULL")}, ");
            },
            (_, result) => new(Set(result.SignalSetting?.Set ?? 0), "0")),
        Format(
            Op.Pending,
            _ => new("rt_sigpending"),
            (_, result) => new(Set(result.SignalSetting?.Set ?? 0), "0")),
        Format(
            Op.Wait,
            op => new("rt_sigtimedwait", $"{Set(op.Call.Signal.Wait.Set)}, "),
            (_, result) => new(Info(result), $"{result.SignalInfo?.Signal ?? 0}")),
        Format(Op.Take, _ => new("sigtake"), (_, result) => new(Info(result), $"{result.SignalInfo?.Signal ?? 0}")),
        Format(Op.Limit, op => new("setrlimit", $"RLIMIT_SIGPENDING, {op.Call.Signal.Limit.Limit}")),
    ];

    private static string Info(Result result)
    {
        var info = result.SignalInfo ?? new SignalInfo();
        return $"{{si_signo={Signals.NameOf(info.Signal)}, si_code={info.Code}, si_pid={info.Pid}, si_uid={info.Uid}}}";
    }

    // As strace: without SIG, and the complement of a set that has most signals.
    private static string Set(ulong set)
    {
        var isLarge = ulong.PopCount(set) > 32;
        var names = SignalSet.All(isLarge ? ~set : set).Select(each => Signals.NameOf(each)[3..]);
        return $"{(isLarge ? "~" : "")}[{string.Join(' ', names)}]";
    }

    private static string Word(string[] words, int number) =>
        (uint)number < (uint)words.Length ? words[number] : $"{number}";

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.Signal, (int)operation), arguments, outcome);
}
