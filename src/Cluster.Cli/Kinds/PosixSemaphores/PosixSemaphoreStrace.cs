using Op = Cluster.Protocol.PosixSemaphoreCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls on named POSIX semaphores in the notation of strace. They are functions of the C library, not system
/// calls. The number of the description stands in the place of the address. The wire has how long a call may block, and
/// not the time at which it gives up.
/// </summary>
internal static class PosixSemaphoreStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        // A wait without time is sem_trywait(3), which has an errno of its own.
        Format(Op.Wait, Waited) with
        {
            Failure = (op, errno) => IsTry(op) && errno == (int)Errno.ETIMEDOUT ? (int)Errno.EAGAIN : errno,
        },
        Format(Op.Post, op =>
            new("sem_post", $"{op.Call.PosixSemaphore.Post.Description}{Undo(op.Call.PosixSemaphore.Post.Undo)}")),
        Format(
            Op.Getvalue, op => new("sem_getvalue", $"{op.Call.PosixSemaphore.Getvalue.Description}, "),
            (_, result) => new($"[{result.PosixSemaphoreValue?.Value ?? 0}]", "0")),
    ];

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.PosixSemaphore, (int)operation), arguments, outcome);

    private static StraceArguments Waited(TracedOperation op)
    {
        var wait = op.Call.PosixSemaphore.Wait;
        var arguments = $"{wait.Description}{Undo(wait.Undo)}";
        if (IsTry(op)) return new("sem_trywait", arguments);
        return op.Call.HasTimeoutMs
            ? new("sem_timedwait", $"{arguments}, /* in {op.Call.TimeoutMs} ms */")
            : new("sem_wait", arguments);
    }

    private static bool IsTry(TracedOperation op) => op.Call is { HasTimeoutMs: true, TimeoutMs: 0 };

    // Not of POSIX: the cluster posts at the end of the process.
    private static string Undo(bool undo) => undo ? " /* undo */" : "";
}
