using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// No call fails otherwise than it may on objects that nobody removes and everybody may use: a queue or a set that has
/// nothing to give, or no room, says so to who does not wait (any longer), and a wait may be interrupted. A caller that
/// was seen to wait is interrupted only if its client has cancelled the call.
/// </summary>
public sealed class NothingRefused : IChecker
{
    public string Name => "nothing refused";

    public Verdict Check(History history)
    {
        foreach (var call in history.Operations.Where(call => call.Outcome == Outcome.Refused))
        {
            if (!IsOfTheGame(call))
                return Verdict.Broken(Name, new Finding($"a call failed with {call.Errno}", call));
        }

        return Verdict.Held(Name, $"none of {history.Operations.Count} calls failed with an error");
    }

    private static bool IsOfTheGame(Operation call) => call.Errno switch
    {
        Errno.EAGAIN => call.Call is CallKind.Send or CallKind.Semop,
        Errno.ENOMSG => call is { Call: CallKind.Receive, NoWait: true },
        Errno.ETIMEDOUT => call is { Call: CallKind.Send } or { Call: CallKind.Receive, NoWait: false },
        Errno.EINTR => call.ParkedAt is null || call.CancelledAt is not null,
        _ => false,
    };
}
