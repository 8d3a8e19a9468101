using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <content>
/// How much a client can make its session hold. A client that does not read its results is slowed: its frames wait in
/// the session, which takes a bounded number of them, and then in the connection. Results that come all the same, of
/// calls that have blocked, end the stream at twice the bound. Nothing is lost then: objects keep results until the
/// process acknowledges them.
/// </content>
public sealed partial class SessionCore
{
    // A client that reads may have so much unread, whatever the bound is: one frame, and a large message.
    private const long UnreadBytesToLeave = 2 * Bounds.MessageBytes;

    // Bytes of calls that wait until their objects are registered with the process.
    private const long UntouchedBytesBound = Bounds.MessageBytes;

    // Submits without calls that wait for one object. A further one is dropped: the client repeats acknowledgements.
    private const int UntouchedAcksBound = 256;

    private readonly Queue<ClientFrame> _held = [];
    private int _heldTarget; // of the first held frame: the next of its targets
    private int _heldCall; // of this target: the next of its calls
    private long _expectedBytes; // of results of calls that read and that are under way
    private long _untouchedBytes;
    private int _strayCancels; // less one for each result: a result and the cancel of its call may cross

    /// <summary>Bytes of results that the client has not read. The driver sets it before each input.</summary>
    public long UnreadBytes { get; set; }

    /// <summary>How many bytes may be unread. The driver may set it before each input.</summary>
    public long UnreadBytesBound { get; set; } = Bounds.UnreadBytes;

    /// <summary>
    /// The bytes that the result of the next call can have, if that call waits for the node and not for the client: the
    /// client has read all that it has, and the result alone exceeds <see cref="UnreadBytesBound"/>. 0: none waits so.
    /// The driver raises the bound to it in turn with other sessions, and calls <see cref="Read"/>.
    /// </summary>
    public int WantedBytes { get; private set; }

    /// <summary>The most bytes that results of calls under way can have, of calls that read.</summary>
    public long ExpectedBytes => _expectedBytes;

    /// <summary>
    /// Frames that wait until the client has read results. The driver takes no further frames from the connection while
    /// there are many.
    /// </summary>
    public int HeldFrames => _held.Count;

    /// <summary>The frames wait until the node holds the limits of the namespace, and not for the client.</summary>
    public bool AwaitsLimits { get; private set; }

    /// <summary>The client has read results, which were written to it.</summary>
    public void Read(long nowMs)
    {
        if (_isOver) return;
        _nowMs = nowMs;
        PassHeld();
    }

    private void Take(ClientFrame frame)
    {
        _held.Enqueue(frame);
        PassHeld();
    }

    private void PassHeld()
    {
        WantedBytes = 0;
        if (IsOpen && UnreadBytes > Math.Max(UnreadBytesToLeave, 2 * UnreadBytesBound))
        {
            Leave(Errno.ENOBUFS, $"{UnreadBytes} bytes of results are unread", retry: true);
            return;
        }

        if (_isStopped && PassCloseOnly()) return;
        while (!_isOver && _held.TryPeek(out var frame))
        {
            if (!TryPass(frame)) return;
            _held.Dequeue();
            (_heldTarget, _heldCall) = (0, 0);
            if (frame.Close && !_isOver) Close(frame);
        }
    }

    // Calls whose results are kept by their objects are not expected, and a client that reads has a few of these unread
    // at any time. They do not wait when the node is full of what others do not read.
    private long UnreadBytesToWait => Math.Max(UnreadBytesBound, Bounds.UnreadBytesAtLeast);

    // False: the rest of the frame waits, or the session is over.
    private bool TryPass(ClientFrame frame)
    {
        if (frame.Calls.Count > 0 && !HoldsLimits()) return false;
        for (; _heldTarget < frame.Calls.Count; _heldTarget++)
        {
            var calls = frame.Calls[_heldTarget];
            if (_heldCall == 0 && WhyNot(calls) is { } reason)
            {
                Leave(Errno.EPROTO, reason);
                return false;
            }

            if (UnreadBytes > UnreadBytesToWait || _untouchedBytes > UntouchedBytesBound) return false;
            var fit = CountThatFit(calls.Calls);
            var isRest = _heldCall + fit == calls.Calls.Count;
            if (!isRest && fit == 0) return false;
            if (!Pass(frame.Ack, isRest && _heldCall == 0 ? calls : Part(calls, _heldCall, fit, isRest))) return false;
            _heldCall = isRest ? 0 : _heldCall + fit;
            if (!isRest) return false;
        }

        return true;
    }

    // A call that begins now may not run with limits that were changed before. So it waits for a valid lease.
    private bool HoldsLimits()
    {
        AwaitsLimits = !_limits.IsValid(_nowMs);
        if (!AwaitsLimits)
        {
            if (_limits.HasChanged) StampAnew();
            return true;
        }

        foreach (var number in _limits.ToRenew(_nowMs).ToArray())
        {
            _requests.Send(_limits.Ask(number), _nowMs, _ =>
            {
                _limits.Answered(number);
                PassHeld();
            });
        }

        return false;
    }

    private int CountThatFit(IReadOnlyList<Call> calls)
    {
        var bytes = UnreadBytes + _expectedBytes;
        for (var i = _heldCall; i < calls.Count; i++)
        {
            var next = MostBytes(calls[i]);
            if (next > 0 && bytes + next > UnreadBytesBound)
            {
                if (bytes == 0) WantedBytes = next;
                return i - _heldCall;
            }

            bytes += next;
        }

        return calls.Count - _heldCall;
    }

    private int MostBytes(Call call) => ResultSizes.AtMost(call, _stamp.Limits?.Msgmax ?? Bounds.MessageBytes);

    // The cancels go with the last part, after the calls that they may name.
    private static TargetCalls Part(TargetCalls calls, int from, int count, bool isLast)
    {
        var part = new TargetCalls
        {
            Target = calls.Target, Resent = calls.Resent, Ack = calls.Ack, Route = calls.Route,
            After = from == 0 ? calls.After : calls.Calls[from - 1].Seq,
        };
        part.Pending.AddRange(calls.Pending);
        for (var i = from; i < from + count; i++) part.Calls.Add(calls.Calls[i]);
        if (isLast) part.Cancels.AddRange(calls.Cancels);
        return part;
    }

    private void Expect(Target target, Call call, long at)
    {
        var bytes = MostBytes(call);
        var isNew = _unanswered.TryAdd(
            call.Seq, new Unanswered(new SentCall(at, CallTraits.OperationOf(call).Number), target, bytes, _nowMs));
        if (isNew) _expectedBytes += bytes;
    }

    private SentCall? Answered(ulong seq)
    {
        if (!_unanswered.Remove(seq, out var call)) return null;
        _expectedBytes -= call.Bytes;
        if (_strayCancels > 0) _strayCancels--;
        return call.Sent;
    }

    // A cancel follows its call in the stream of the client, also when the client sends the call again over another
    // stream. So a cancel of any other call is of one that has its result, or that never was. An object that got it
    // would keep it as a call that is still to come.
    private bool IsUnanswered(Target target, ulong seq) =>
        _unanswered.TryGetValue(seq, out var call) && call.Target.Equals(target);

    private void Hold(List<Submit> waiting, Submit submit)
    {
        if (submit.Calls.Count == 0 && submit.Cancels.Count == 0 && waiting.Count >= UntouchedAcksBound) return;
        waiting.Add(submit);
        _untouchedBytes += submit.CalculateSize();
    }

    private void Unhold(List<Submit> waiting)
    {
        foreach (var submit in waiting) _untouchedBytes -= submit.CalculateSize();
    }

    /// <param name="Sent">What the observer is told.</param>
    /// <param name="Target">What was called.</param>
    /// <param name="Bytes">The most that the result can have, if the call reads; else 0.</param>
    /// <param name="SinceMs">When the session passed it on.</param>
    private readonly record struct Unanswered(SentCall Sent, Target Target, int Bytes, long SinceMs);
}
