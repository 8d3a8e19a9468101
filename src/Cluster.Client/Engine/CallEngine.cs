using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// The client's side of the protocol, as a pure machine: calls, frames and the time go in, frames, completions and
/// wishes for streams come out. No task, no clock, no I/O, not thread-safe: a driver serializes access, and a
/// simulation drives exactly this class.
/// <para>
/// What a caller sees: every call gets exactly one outcome, calls on one target are executed in the order in which
/// they were started (a msgsnd that waits for the window may be overtaken by calls of other kinds), whatever is lost
/// between here and there.
/// </para>
/// <para>
/// How: a call keeps its seq until its result is in hand. Whenever the way to a target changes (its stream breaks,
/// or a result names another owner), all its outstanding calls go out again, in order, before new ones; and once in
/// a while so do those that nothing was heard of. The ledgers of the cluster make the repetition harmless. Calls name
/// the one before them, without which the target does not take them, and has all of them sent again.
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
    private readonly SortedSet<ulong> _held = [];
    private CallChain _outstanding;
    private CallChain _waitingSends;
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

    /// <summary>Set once the state is Failed; also what ended the previous process, if a new one took over.</summary>
    public EngineFailure? Failure { get; private set; }

    /// <summary>The process, as the cluster welcomed it; null before.</summary>
    public Welcome? Process { get; private set; }

    /// <summary>Calls without an outcome, those that wait for the window left out.</summary>
    public int OutstandingCount => _calls.Count;

    /// <summary>The lowest seq whose result is not in hand: what frames carry as their ack.</summary>
    public ulong Ack => Math.Min(_outstanding.First?.Seq ?? _nextSeq, AckBound);

    /// <summary>No acknowledgement passes it: the caller of this call has yet to save what it was given.</summary>
    private ulong AckBound => _held.Count > 0 ? _held.Min : ulong.MaxValue;

    public bool HasCompleted => _completed.Count > 0;

    /// <summary>Starts a call that was prepared. It completes through <see cref="TakeCompleted"/>.</summary>
    public void Start(EngineCall call, long nowMs)
    {
        call.StartedMs = nowMs;
        if (State is EngineState.Failed or EngineState.Closing or EngineState.Closed)
        {
            Complete(call, null, Failure ?? new EngineFailure(Errno.ESRCH, "the client is closed"));
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
    /// The caller no longer wants to wait. The call completes all the same: with EINTR if it did not happen, with its
    /// result if it did.
    /// </summary>
    public void Cancel(EngineCall call, long nowMs)
    {
        if (call.CancelRequested || call.Stage is CallStage.Idle or CallStage.Completed)
            return;
        call.CancelRequested = true;
        if (call.Stage == CallStage.Inheriting)
        {
            Disinherit(call);
            return;
        }

        if (!call.EverSent)
        {
            Withdraw(call, Errno.EINTR, nowMs);
            return;
        }

        // Not yet sent over the present stream: then it will take its cancel along.
        var target = call.Route!;
        if (!target.WasSentHere(call))
            return;
        target.Cancels.Enqueue((call, call.Seq));
        MarkReady(target);
    }

    /// <summary>The result of a call that holds its acknowledgement is safe with the caller.</summary>
    public void Confirm(Target of, ulong seq, long nowMs)
    {
        if (_held.Remove(seq) && _targets.TryGetValue((of.Kind, of.Id), out var target) && target.UntoldSinceMs < 0)
            AwaitAck(target, nowMs);
    }

    /// <summary>Moves the calls that have completed to the end of a list.</summary>
    public void TakeCompleted(List<EngineCall> into)
    {
        into.AddRange(_completed);
        _completed.Clear();
    }

    private ref CallChain WaitingFor(EngineCall call)
    {
        if (call.InWindow)
            return ref _waitingSends;
        return ref _waitingOthers;
    }

    private bool CanAdmit(EngineCall call)
    {
        if (_calls.Count >= _settings.CallsPerProcess)
            return false;
        return !call.InWindow || (_inWindow < _settings.Window && _waitingSends.First is null);
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

        target.LastUsedMs = nowMs;
        if (target.Stream is null)
            SetRoute(target, StreamFor(target));
        call.Body.Seq = _nextSeq++;
        call.Stage = CallStage.Outstanding;
        if (call.InWindow)
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

        while (_waitingSends.First is { } call && _calls.Count < _settings.CallsPerProcess &&
            _inWindow < _settings.Window)
        {
            _waitingSends.Remove(call);
            Admit(call, nowMs);
        }
    }

    /// <summary>Takes back a call that was never sent, and so did not happen.</summary>
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
        _calls.Remove(call.Seq);
        _outstanding.Remove(call);
        call.Route!.Remove(call);
        if (call.InWindow)
            _inWindow--;
    }

    private void Complete(EngineCall call, Result? result, EngineFailure? failure)
    {
        call.Result = result;
        call.Failure = failure;
        call.CompletedPid = Process?.Pid ?? 0;
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
            Hold(stream, results);
            return;
        }

        var revision = 0UL;
        foreach (var result in results.Results)
        {
            revision = Math.Max(revision, result.Revision);
            ReceiveResult(target, result);
        }

        target.LastUsedMs = nowMs;
        if (target.HoldsResults && target.UntoldSinceMs < 0)
            AwaitAck(target, nowMs);
        if (results.Moved)
        {
            BringBack(target, nowMs);
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
            if (call.HoldsAck && result.Errno == 0)
                _held.Add(call.Seq);
            if (IsKept(call, result))
                return;
            Complete(call, result, null);
            if (result.Errno != 0 && _heirs.Count > 0 && call.Body.Semop is { Passes: true })
                Bypass(call);
        }
        else if (result.Seq < target.SentAck)
        {
            // The object holds a result that it was told about: it did not hear, so it is told again.
            target.SentAck = result.Seq;
        }
    }
}
