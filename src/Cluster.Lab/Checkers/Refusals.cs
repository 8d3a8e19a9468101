using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Decides which refusals prove that the object had nothing to take. A refusal by IPC_NOWAIT does. A time-out does too,
/// because the object looks before it parks a call, but only if the call reached the object: a client without a
/// connection times out a call alone. So a time-out counts if the call was seen parked, or if the client made another
/// call meanwhile and got an answer: both calls took the same connection, in order.
/// </summary>
internal sealed class Refusals
{
    // A call is recorded a moment before the client gets it.
    private const long MomentNs = 100_000_000;

    private readonly Dictionary<int, Answers> _answers;

    public Refusals(History history) => _answers = history.Operations
        .Where(call => (call.IsOk && call.Call != CallKind.Exit) || IsOfNoWait(call))
        .GroupBy(call => call.Client).ToDictionary(client => client.Key, client => new Answers([.. client]));

    /// <summary>
    /// Whether the object had nothing for this call at some time between its invocation and its return.
    /// </summary>
    public bool FoundNothing(Operation call) => IsOfNoWait(call) || (IsTimeOut(call) && WasSent(call));

    /// <summary>Whether the call timed out.</summary>
    public static bool IsTimeOut(Operation call) => call is
        { Call: CallKind.Receive, NoWait: false, Outcome: Outcome.Refused, Errno: Errno.ETIMEDOUT } or
        { Call: CallKind.Semop, NoWait: false, Outcome: Outcome.Refused, Errno: Errno.EAGAIN };

    private static bool IsOfNoWait(Operation call) => call is
        { Call: CallKind.Receive, NoWait: true, Outcome: Outcome.Refused, Errno: Errno.ENOMSG } or
        { Call: CallKind.Semop, NoWait: true, Outcome: Outcome.Refused, Errno: Errno.EAGAIN };

    private bool WasSent(Operation call) => call.ParkedAt is not null
        || (_answers.TryGetValue(call.Client, out var answers)
            && answers.FirstAnswerFrom(call.InvokedAt + MomentNs) < call.ReturnedAt);

    // Answered calls of one client, in the order of invocation.
    private sealed class Answers
    {
        private readonly long[] _invoked;
        private readonly long[] _first; // the earliest answer to this call or a later one

        public Answers(Operation[] calls)
        {
            _invoked = Array.ConvertAll(calls, call => call.InvokedAt);
            _first = Array.ConvertAll(calls, call => call.LatestAt);
            for (var i = calls.Length - 2; i >= 0; i--) _first[i] = Math.Min(_first[i], _first[i + 1]);
        }

        public long FirstAnswerFrom(long from)
        {
            var found = Array.BinarySearch(_invoked, from);
            var index = found >= 0 ? found : ~found;
            return index < _first.Length ? _first[index] : long.MaxValue;
        }
    }
}
