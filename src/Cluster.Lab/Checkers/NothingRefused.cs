using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// A call fails only with an errno that the workload expects: the objects are never removed, and every client may use
/// them. A call with IPC_NOWAIT or a time-out may find an empty queue, a full queue, or too few permits. A call may be
/// interrupted; a call that was seen parked is interrupted only if its client cancelled it.
/// </summary>
public sealed class NothingRefused : IChecker
{
    public string Name => "nothing refused";

    public Verdict Check(History history)
    {
        foreach (var call in history.Operations.Where(call => call.Outcome == Outcome.Refused))
        {
            if (!IsExpected(call))
                return Verdict.Broken(Name, new Finding($"a call failed with {call.Errno}", call));
        }

        return Verdict.Held(Name, $"none of {history.Operations.Count} calls failed with an error");
    }

    private static bool IsExpected(Operation call) => call.Errno switch
    {
        Errno.EAGAIN => call.Call is CallKind.Send or CallKind.Semop or CallKind.StreamRead,
        Errno.ENOMSG => call is { Call: CallKind.Receive, NoWait: true },
        Errno.ETIMEDOUT => call is { Call: CallKind.Send or CallKind.StreamWrite } or { Call: CallKind.Receive, NoWait: false },
        Errno.EINTR => call.ParkedAt is null || call.CancelledAt is not null,
        _ => false,
    };
}
