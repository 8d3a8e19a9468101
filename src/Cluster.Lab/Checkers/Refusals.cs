using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Which refusals say what the object was: there was nothing to take. So do those of IPC_NOWAIT, and time-outs, because
/// the object looks before it lets a call wait. But a call that its client can send to no node is timed out by the
/// client alone. So a time-out counts if the call was seen parked, or if the client made another one, and was answered,
/// meanwhile: it had a connection then, over which the first one went before.
/// </summary>
internal sealed class Refusals
{
    // A call is noted a moment before the client has it.
    private const long MomentNs = 100_000_000;

    private readonly Dictionary<int, Answers> _answers;

    public Refusals(History history) => _answers = history.Operations
        .Where(call => (call.IsOk && call.Call != CallKind.Exit) || IsOfNoWait(call))
        .GroupBy(call => call.Client).ToDictionary(client => client.Key, client => new Answers([.. client]));

    /// <summary>Whether there was nothing for this call at some time between its invocation and its return.</summary>
    public bool FoundNothing(Operation call) => IsOfNoWait(call) || (IsTimeOut(call) && WasSent(call));

    /// <summary>Its time was up.</summary>
    public static bool IsTimeOut(Operation call) => call is
        { Call: CallKind.Receive, NoWait: false, Outcome: Outcome.Refused, Errno: Errno.ETIMEDOUT } or
        { Call: CallKind.Semop, NoWait: false, Outcome: Outcome.Refused, Errno: Errno.EAGAIN };

    private static bool IsOfNoWait(Operation call) => call is
        { Call: CallKind.Receive, NoWait: true, Outcome: Outcome.Refused, Errno: Errno.ENOMSG } or
        { Call: CallKind.Semop, NoWait: true, Outcome: Outcome.Refused, Errno: Errno.EAGAIN };

    private bool WasSent(Operation call) => call.ParkedAt is not null
        || (_answers.TryGetValue(call.Client, out var answers)
            && answers.FirstOfThoseMadeAt(call.InvokedAt + MomentNs) < call.ReturnedAt);

    // Answered calls of one client, in the order of invocation.
    private sealed class Answers
    {
        private readonly long[] _invoked;
        private readonly long[] _first; // when the first was answered of this call and those after it

        public Answers(Operation[] calls)
        {
            _invoked = Array.ConvertAll(calls, call => call.InvokedAt);
            _first = Array.ConvertAll(calls, call => call.LatestAt);
            for (var i = calls.Length - 2; i >= 0; i--) _first[i] = Math.Min(_first[i], _first[i + 1]);
        }

        public long FirstOfThoseMadeAt(long from)
        {
            var found = Array.BinarySearch(_invoked, from);
            var index = found >= 0 ? found : ~found;
            return index < _first.Length ? _first[index] : long.MaxValue;
        }
    }
}
