using Op = Cluster.Protocol.FutexCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls of futex(2) in the notation of strace. The address is the offset of the word in its segment or object, whose id
/// stands before it as a comment. A remark shows what Linux has no operation for.
/// </summary>
internal static class FutexStrace
{
    private const uint AllBits = uint.MaxValue;

    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(Op.Wait, Wait, Locked),
        Format(Op.Wake, Wake, Count),
        Format(Op.Lock, Lock, Locked),
        Format(Op.Unlock, op => Futex(op, op.Call.Futex.Unlock.Offset, "FUTEX_UNLOCK_PI", "")),
        Format(Op.Recover, op => new("pthread_mutex_consistent", Word(op, op.Call.Futex.Recover.Offset))),
        Format(Op.Requeue, Requeue, Count),
        Format(Op.WakeOp, WakeOp, Count),
        Format(Op.Waitv, Waitv, Count),
        Format(
            Op.Barrier,
            op => new("pthread_barrier_wait", $"{Word(op, op.Call.Futex.Barrier.Offset)} /* {op.Call.Futex.Barrier.Count} */"),
            (_, result) => result.FutexCount is { Serial: true } ? new("", "PTHREAD_BARRIER_SERIAL_THREAD") : StraceOutcome.Zero),
        Format(Op.List, op => new("futex_list", $"/* {ExtentId.Split(op.Id).Segment} */")),
    ];

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.Futex, (int)operation), arguments, outcome);

    private static StraceArguments Wait(TracedOperation op)
    {
        var wait = op.Call.Futex.Wait;
        var expected = $"{(wait.Differs ? "/* not */ " : "")}{wait.Expected}";
        var condition = wait.Condition is { } own ? $" /* unlocks 0x{ExtentId.Split(op.Id).Offset + own.Lock:x} */" : "";
        return wait.Bitset == AllBits
            ? Futex(op, wait.Offset, "FUTEX_WAIT", $", {expected}, {Timeout(op)}{condition}")
            : Futex(op, wait.Offset, "FUTEX_WAIT_BITSET", $", {expected}, {Timeout(op)}, NULL, 0x{wait.Bitset:x}{condition}");
    }

    private static StraceArguments Wake(TracedOperation op)
    {
        var wake = op.Call.Futex.Wake;
        return wake.Bitset == AllBits
            ? Futex(op, wake.Offset, "FUTEX_WAKE", $", {wake.Count}")
            : Futex(op, wake.Offset, "FUTEX_WAKE_BITSET", $", {wake.Count}, NULL, NULL, 0x{wake.Bitset:x}");
    }

    private static StraceArguments Lock(TracedOperation op)
    {
        var wanted = op.Call.Futex.Lock;
        var remark = wanted.Shared ? " /* shared */" : "";
        return wanted.Tries
            ? Futex(op, wanted.Offset, "FUTEX_TRYLOCK_PI", remark)
            : Futex(op, wanted.Offset, "FUTEX_LOCK_PI", $", {Timeout(op)}{remark}");
    }

    private static StraceArguments Requeue(TracedOperation op)
    {
        var requeue = op.Call.Futex.Requeue;
        var counts = $", {requeue.Wake}, {requeue.Requeue}, {Word(op, requeue.To)}";
        return requeue.HasExpected
            ? Futex(op, requeue.Offset, "FUTEX_CMP_REQUEUE", $"{counts}, {requeue.Expected}")
            : Futex(op, requeue.Offset, "FUTEX_REQUEUE", counts);
    }

    private static StraceArguments WakeOp(TracedOperation op)
    {
        var call = op.Call.Futex.WakeOp;
        string[] operations = ["FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR"];
        string[] comparisons =
        [
            "FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE", "FUTEX_OP_CMP_LT", "FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE",
        ];
        return Futex(
            op, call.Offset, "FUTEX_WAKE_OP",
            $", {call.Wake}, {call.WakeTo}, {Word(op, call.To)}, {{{Name(operations, call.Op)}, {call.Operand}, "
            + $"{Name(comparisons, call.Cmp)}, {call.CmpOperand}}}");
    }

    private static StraceArguments Waitv(TracedOperation op)
    {
        var words = op.Call.Futex.Waitv.Words.Select(word => $"{{uaddr={Word(op, word.Offset)}, val={word.Expected}}}");
        return new("futex_waitv", $"[{string.Join(", ", words)}], {op.Call.Futex.Waitv.Words.Count}, 0, {Timeout(op)}");
    }

    private static StraceArguments Futex(TracedOperation op, int offset, string operation, string rest) =>
        new("futex", $"{Word(op, offset)}, {operation}{rest}");

    private static string Word(TracedOperation op, int offset)
    {
        var (id, at) = ExtentId.Split(op.Id);
        return $"/* {id} */ 0x{at + offset:x}";
    }

    private static string Timeout(TracedOperation op) => op.Call.HasTimeoutMs
        ? $"{{tv_sec={op.Call.TimeoutMs / 1_000}, tv_nsec={op.Call.TimeoutMs % 1_000 * 1_000_000}}}"
        : "NULL";

    private static string Name(string[] names, int number) =>
        number >= 0 && number < names.Length ? names[number] : $"{number}";

    private static StraceOutcome Count(TracedOperation op, Result result) =>
        StraceOutcome.Of(result.FutexCount?.Count ?? 0);

    private static StraceOutcome Locked(TracedOperation op, Result result) => result.FutexLocked switch
    {
        { OwnerDied: true } => new("", "0 /* EOWNERDEAD */"),
        { TimedOut: true } => new("", "0 /* ETIMEDOUT */"),
        _ => StraceOutcome.Zero,
    };
}
