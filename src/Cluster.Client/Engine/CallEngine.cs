using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// The client's side of the protocol, as a pure machine: calls, frames and the time go in; frames, completions and
/// commands to open or end streams come out. No task, no clock, no I/O. It is not thread-safe: a driver serializes
/// access, and a simulation drives the same class.
/// <para>
/// What a caller sees: every call gets exactly one outcome, and calls on one target are executed in the order in which
/// they were started, whatever is lost on the way. The one exception: calls that do not count against the window pass
/// those that wait for it.
/// </para>
/// <para>
/// How: a call keeps its seq until its result is in hand. Whenever the stream to a target changes (it breaks, or a
/// result names another owner), all outstanding calls of the target are sent again, in order, before new ones. Calls
/// without an answer are also sent again every few seconds. The ledgers of the cluster make the repetition harmless.
/// Each call names the call before it: a target that has not had that one takes none of them, and asks for all again.
/// </para>
/// </summary>
internal sealed partial class CallEngine
{
    private readonly EngineSettings _settings;
    private readonly Func<double> _jitter;
    private readonly FrameBuilder _frames;
    private readonly Dictionary<ulong, EngineCall> _calls = [];
    private readonly Dictionary<(Kind Kind, long Id), EngineTarget> _targets = [];
    private readonly List<EngineCall> _completed = [];
    /// <summary>Calls whose result is in hand and is not acknowledged, because its caller has not saved it yet.</summary>
    private readonly SortedSet<ulong> _unsaved = [];
    private CallChain _outstanding;
    private CallChain _waitingForWindow;
    private CallChain _waitingOthers;
    private ulong _nextSeq = 1;
    private int _inWindow;

    /// <param name="settings">The numbers.</param>
    /// <param name="jitter">Yields values from 0 (inclusive) to 1.</param>
    public CallEngine(EngineSettings settings, Func<double> jitter)
    {
        _settings = settings;
        _jitter = jitter;
        _frames = new FrameBuilder(settings, jitter);
    }

    public EngineState State { get; private set; }

    /// <summary>Why the process ended: set once the state is Failed, and after a new process took over.</summary>
    public EngineFailure? Failure { get; private set; }

    /// <summary>The process, as the cluster welcomed it; null before.</summary>
    public Welcome? Process { get; private set; }

    /// <summary>Calls with a seq and without an outcome. Calls that wait for the window are not among them.</summary>
    public int OutstandingCount => _calls.Count;

    /// <summary>The ack of a frame: the lowest seq whose result is not in hand, or not saved yet.</summary>
    public ulong Ack => Math.Min(_outstanding.First?.Seq ?? _nextSeq, AckBound);

    /// <summary>
    /// No acknowledgement of the process passes it: the caller of this call has not saved its result.
    /// </summary>
    private ulong AckBound => _unsaved.Count > 0 ? _unsaved.Min : ulong.MaxValue;

    public bool HasCompleted => _completed.Count > 0;

    /// <summary>Starts a call that was prepared. Once it is complete, <see cref="TakeCompleted"/> returns it.</summary>
    public void Start(EngineCall call, long nowMs)
    {
        call.StartedMs = nowMs;
        if (State is EngineState.Failed or EngineState.Closing or EngineState.Closed)
        {
            Complete(call, null, Failure ?? new EngineFailure(Errno.ESRCH, "the client is closed"));
            return;
        }

        if (call.DefersAck && _unsaved.Count >= _settings.CallsPerProcess)
        {
            Complete(call, new Result { Errno = (int)Errno.ENOBUFS }, null);
            return;
        }

        if (State == EngineState.Idle)
            Connect(nowMs);
        if (call.PassesTo != 0 && call.OfPid == Process?.Pid && PassOn(call.PassesTo, nowMs))
        {
            Complete(call, new Result(), null);
            return;
        }

        if (CanAdmit(call))
        {
            Admit(call, nowMs);
            return;
        }

        call.Stage = CallStage.Waiting;
        WaitingFor(call).Append(call);
        SweepSoon(nowMs);
    }

    /// <summary>
    /// The caller no longer wants to wait. The call still completes: with EINTR if it did not happen, with its result
    /// if it did.
    /// </summary>
    public void Cancel(EngineCall call, long nowMs)
    {
        if (call.CancelRequested || call.Stage is CallStage.Idle or CallStage.Completed)
            return;
        call.CancelRequested = true;
        if (call.Stage == CallStage.AwaitingLock)
        {
            LeaveRow(call);
            return;
        }

        if (!call.EverSent)
        {
            Withdraw(call, Errno.EINTR, nowMs);
            return;
        }

        // A call that was not sent over the present stream yet takes its cancel along.
        var target = call.Route!;
        if (!target.WasSentHere(call))
            return;
        target.Cancels.Enqueue((call, call.Seq));
        MarkReady(target);
    }

    /// <summary>
    /// The caller has saved the result of a call that defers its acknowledgement. False: the process that made the
    /// call has ended, or the call was confirmed before.
    /// </summary>
    public bool Confirm(Target of, ulong seq, int pid, long nowMs)
    {
        if (Process?.Pid != pid || State is EngineState.Failed or EngineState.Closed || !_unsaved.Remove(seq))
            return false;
        if (!_targets.TryGetValue((of.Kind, of.Id), out var target))
            return true;
        target.RemoveUnsaved(seq);
        if (target.UntoldSinceMs < 0)
            AwaitAck(target, nowMs);
        return true;
    }

    /// <summary>Moves the calls that have completed to the end of a list.</summary>
    public void TakeCompleted(List<EngineCall> into)
    {
        into.AddRange(_completed);
        _completed.Clear();
    }

    private ref CallChain WaitingFor(EngineCall call)
    {
        if (call.CountsAgainstWindow)
            return ref _waitingForWindow;
        return ref _waitingOthers;
    }

    private bool CanAdmit(EngineCall call)
    {
        if (_calls.Count >= _settings.CallsPerProcess)
            return false;
        return !call.CountsAgainstWindow || (_inWindow < _settings.Window && _waitingForWindow.First is null);
    }

    private void Admit(EngineCall call, long nowMs)
    {
        if (call.OfPid != 0 && call.OfPid != Process?.Pid)
        {
            Complete(call, null, new EngineFailure(Errno.ESRCH, $"process {call.OfPid} has ended"));
            return;
        }

        var key = (call.Target.Kind, call.Target.Id);
        if (!_targets.TryGetValue(key, out var target))
        {
            target = new EngineTarget(call.Target);
            _targets.Add(key, target);
        }

        // An acknowledgement names every unsaved result below it, and a frame has room for PendingPerTarget of them.
        if (call.DefersAck && target.DeferringCount >= Bounds.PendingPerTarget)
        {
            Complete(call, new Result { Errno = (int)Errno.ENOBUFS }, null);
            return;
        }

        if (call.DefersAck)
            target.DeferringCount++;
        target.LastUsedMs = nowMs;
        if (target.Stream is null)
            SetRoute(target, StreamFor(target));
        call.Body.Seq = _nextSeq++;
        call.Stage = CallStage.Outstanding;
        if (call.CountsAgainstWindow)
            _inWindow++;
        _calls.Add(call.Seq, call);
        _outstanding.Append(call);
        target.Append(call);
        MarkReady(target);
    }

    private void AdmitWaiting(long nowMs)
    {
        while (_waitingOthers.First is { } call && _calls.Count < _settings.CallsPerProcess)
        {
            _waitingOthers.Remove(call);
            Admit(call, nowMs);
        }

        while (_waitingForWindow.First is { } call && _calls.Count < _settings.CallsPerProcess &&
            _inWindow < _settings.Window)
        {
            _waitingForWindow.Remove(call);
            Admit(call, nowMs);
        }
    }

    /// <summary>Ends a call that was never sent, and so did not happen.</summary>
    private void Withdraw(EngineCall call, Errno errno, long nowMs)
    {
        var result = new Result { Errno = (int)errno };
        if (call.Stage == CallStage.Waiting)
        {
            WaitingFor(call).Remove(call);
            Complete(call, result, null);
            return;
        }

        result.Seq = call.Seq;
        Release(call);
        Complete(call, result, null);
        AdmitWaiting(nowMs);
    }

    private void Release(EngineCall call)
    {
        if (call.DefersAck)
            call.Route!.DeferringCount--;
        _calls.Remove(call.Seq);
        _outstanding.Remove(call);
        call.Route!.Remove(call);
        if (call.CountsAgainstWindow)
            _inWindow--;
    }

    private void Complete(EngineCall call, Result? result, EngineFailure? failure)
    {
        call.Result = result;
        call.Failure = failure;
        call.CompletedPid = Process?.Pid ?? 0;
        call.CompletedLapses = Lapses;
        call.Stage = CallStage.Completed;
        _completed.Add(call);
    }

    private void ReceiveResults(EngineStream stream, TargetResults results, long nowMs)
    {
        if (results.Target is null ||
            !_targets.TryGetValue((results.Target.Kind, results.Target.Id), out var target))
        {
            return;
        }

        if (IsInDoubt(nowMs))
        {
            Doubt(stream, results);
            return;
        }

        var revision = 0UL;
        foreach (var result in results.Results)
        {
            revision = Math.Max(revision, result.Revision);
            ReceiveResult(target, result);
        }

        target.LastUsedMs = nowMs;
        if (target.HasUnacknowledged && target.UntoldSinceMs < 0)
            AwaitAck(target, nowMs);
        if (results.Moved)
        {
            ResendMoved(target, nowMs);
            return;
        }

        LearnOwner(target, results.Owner.Length > 0 ? results.Owner : stream.Node, revision, nowMs);
    }

    private void ReceiveResult(EngineTarget target, Result result)
    {
        target.HighestResult = Math.Max(target.HighestResult, result.Seq);
        if (_calls.TryGetValue(result.Seq, out var call) && call.Route == target && call.EverSent)
        {
            target.HasLateResult |= result.Seq < target.SentAck;
            Release(call);
            if (call.DefersAck && result.Errno == 0)
            {
                _unsaved.Add(call.Seq);
                target.AddUnsaved(call.Seq);
            }

            if (IsKeptBack(call, result))
                return;
            Complete(call, result, null);
            if (result.Errno != 0 && _row.Count > 0)
                SkipFailed(call);
        }
        else if (result.Seq < target.SentAck)
        {
            // The object still has a result that was acknowledged: the acknowledgement was lost, so it is sent again.
            target.SentAck = result.Seq;
        }
    }
}
