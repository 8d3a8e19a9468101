using Cluster.Cli.Output;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>The calls on semaphore sets in the notation of strace.</summary>
internal static class SetStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        new(Op.Semop, Operated),
        new(Op.Semquery, Asked, Answered),
        new(Op.Semsetval, op =>
            new("semctl", $"{op.Id}, {op.Call.Semsetval.Num}, SETVAL, {op.Call.Semsetval.Value}")),
        new(Op.Semsetall, op => new(
            "semctl", $"{op.Id}, 0, SETALL, {Numbers(op.Call.Semsetall.Values, op.Traced.CallLength)}")),
        new(Op.Semstat,
            op => new("semctl", $"{op.Id}, 0, {(op.Call.Semstat.Any ? "SEM_STAT_ANY" : "IPC_STAT")}, "), Stat),
        new(Op.Semset, op => new("semctl", $"{op.Id}, 0, IPC_SET, {Change(op.Call.Semset)}")),
    ];

    private static StraceArguments Operated(TracedOperation op)
    {
        var length = op.Traced.CallLength;
        var operations = StraceText.Array(
            op.Call.Semop.Ops.Select(each =>
                $"{{sem_num={each.Num}, sem_op={each.Op}, sem_flg={Flags(each.Flags)}}}"),
            length);
        var arguments = $"{op.Id}, {operations}, {length}";
        if (!op.Call.HasTimeoutMs) return new("semop", arguments);
        var (seconds, ms) = Math.DivRem(op.Call.TimeoutMs, 1_000);
        return new("semtimedop", $"{arguments}, {{tv_sec={seconds}, tv_nsec={ms * 1_000_000}}}");
    }

    private static StraceArguments Asked(TracedOperation op)
    {
        var query = op.Call.Semquery;
        return query.Question switch
        {
            SemQuestion.Value => One("GETVAL"),
            SemQuestion.Pid => One("GETPID"),
            SemQuestion.IncreaseCount => One("GETNCNT"),
            SemQuestion.ZeroCount => One("GETZCNT"),
            SemQuestion.AllValues or SemQuestion.All => new("semctl", $"{op.Id}, 0, GETALL, "),

            // Any client can send any number, so an unknown one must not end the trace. strace(1) shows it like this.
            _ => One($"0x{(int)query.Question:x} /* SEM_??? */"),
        };

        StraceArguments One(string command) => new("semctl", $"{op.Id}, {query.Num}, {command}");
    }

    private static StraceOutcome Answered(TracedOperation op, Result result) => result.ValueCase switch
    {
        Result.ValueOneofCase.SemNumber => StraceOutcome.Of(result.SemNumber),
        Result.ValueOneofCase.SemValues => new(Numbers(result.SemValues.Values, op.Traced.ResultLength), "0"),
        _ => StraceOutcome.Zero,
    };

    private static StraceOutcome Stat(TracedOperation op, Result result) => result.SetStat is not { } stat
        ? StraceOutcome.Zero
        : new(
            $"{{sem_perm={StraceText.Of(stat.Permissions)}, sem_otime={stat.Otime}, sem_ctime={stat.Ctime}, "
            + $"sem_nsems={stat.Nsems}}}",
            "0");

    private static string Change(SemSet set) => StraceText.Change("sem", set.Uid, set.Gid, set.Mode, set.Patch);

    private static string Numbers(IEnumerable<uint> values, long length) =>
        StraceText.Array(values.Select(value => $"{value}"), length);

    private static string Flags(int flags) =>
        StraceText.Flags(flags, (IpcFlags.SEM_UNDO, "SEM_UNDO"), (IpcFlags.IPC_NOWAIT, "IPC_NOWAIT"));
}
