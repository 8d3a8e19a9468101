using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>How a process ends: closed, lost or refused.</summary>
internal sealed partial class CallEngine
{
    private long _closeSendAtMs = Never;
    private long _giveUpAtMs = Never;
    private int _exitStatus;

    /// <summary>
    /// Ends the process: cancels all outstanding calls, then asks the cluster to end the process. State becomes Closed
    /// when that is done, at once if no node is connected, and at the latest after the close time-out.
    /// </summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="status">What the process gives to _exit(2): the low 8 bits count.</param>
    public void Close(long nowMs, int status = 0)
    {
        if (State is EngineState.Closing or EngineState.Closed)
            return;
        _exitStatus = status & 0xFF;
        if (_default is null)
        {
            Finish("the client is closed");
            return;
        }

        State = EngineState.Closing;
        _closeSendAtMs = nowMs + _settings.CloseTimeoutMs / 2;
        _giveUpAtMs = nowMs + _settings.CloseTimeoutMs;
        CancelAll(_waitingForWindow.First, nowMs);
        CancelAll(_waitingOthers.First, nowMs);
        CancelAll(_outstanding.First, nowMs);
        LeaveAllRows();
        CloseIfDone(nowMs);
    }

    /// <summary>
    /// A signal handler interrupts the calls that wait: "Interruption of system calls and library functions by signal
    /// handlers" of signal(7). They end as cancelled ones do.
    /// </summary>
    /// <param name="restarts">SA_RESTART: calls that the page names go on.</param>
    /// <param name="nowMs">The time.</param>
    public void Interrupt(bool restarts, long nowMs)
    {
        CancelAll(_waitingForWindow.First, nowMs, call => IsInterrupted(call, restarts));
        CancelAll(_waitingOthers.First, nowMs, call => IsInterrupted(call, restarts));
        CancelAll(_outstanding.First, nowMs, call => IsInterrupted(call, restarts));
        LeaveAllRows(); // semop(2), whatever SA_RESTART is
    }

    private static bool IsInterrupted(EngineCall call, bool restarts)
    {
        if (call.Body is { HasTimeoutMs: true, TimeoutMs: <= 0 })
            return false; // it does not wait
        if (call.Body.Futex?.Wait?.Condition is not null)
            return false; // pthread_cond_wait(3): "These functions shall not return an error code of [EINTR]."
        // signal(7): socket interfaces with a time-out are never restarted.
        if (call.Body is { Socket: not null, HasTimeoutMs: true })
            return true;
        return CallTraits.OperationOf(call.Body).Blocks switch
        {
            Blocking.Interrupted => true,
            Blocking.Restarted => !restarts,
            _ => false,
        };
    }

    private void CancelAll(EngineCall? call, long nowMs, Func<EngineCall, bool>? which = null)
    {
        while (call is not null)
        {
            var next = call.NextOfAll; // Cancel may take the call out of its chain
            if (which is null || which(call))
                Cancel(call, nowMs);
            call = next;
        }
    }

    private void TickClose(long nowMs)
    {
        if (State != EngineState.Closing)
            return;
        CloseIfDone(nowMs);
        if (nowMs >= _giveUpAtMs)
            Finish("the cluster did not end the process in time");
    }

    private void CloseIfDone(long nowMs)
    {
        if (State != EngineState.Closing || _closeSendAtMs == Never || _default is null)
            return;
        if (_calls.Count > 0 && nowMs < _closeSendAtMs)
            return;
        _closeSendAtMs = Never;
        _default.CloseDue = true;
        Wake(_default);
    }

    /// <summary>
    /// Exactly the results that the process has acknowledged. The frame's own ack stops at the first result that its
    /// caller has not saved. Null: too many are not acknowledged to name them.
    /// </summary>
    private Acknowledged? ExactAck()
    {
        if (_unsaved.Count + _calls.Count > Bounds.CallsPerFrame)
            return null;
        var exact = new Acknowledged { Below = _nextSeq };
        exact.Except.AddRange(_unsaved);
        exact.Except.AddRange(_calls.Keys);
        return exact;
    }

    private void Finish(string reason)
    {
        State = EngineState.Closed;
        Failure ??= new EngineFailure(Errno.ESRCH, reason);
        EndAll();
        FailAll(Failure);
    }

    private void Fail(EngineFailure failure)
    {
        State = EngineState.Failed;
        Failure = failure;
        EndAll();
        FailAll(failure);
    }

    private void LoseProcess(EngineFailure failure, long nowMs)
    {
        // Somebody wants the process to end, so no other one follows it.
        if (!_settings.NewProcessWhenLost || failure.KilledBy != Signal.None)
        {
            Fail(failure);
            return;
        }

        // Calls that were never sent did not happen: the new process makes them, in their order.
        var unsent = new List<EngineCall>();
        for (var call = _outstanding.First; call is not null; call = call.NextOfAll)
        {
            if (!call.EverSent)
                unsent.Add(call);
        }

        unsent.ForEach(Release);
        EndAll();
        FailRows(failure);
        while (_outstanding.First is { } call)
        {
            Release(call);
            Complete(call, null, failure);
        }

        _targets.Clear();
        _unsaved.Clear();
        _untold.Clear();
        _nextSeq = 1;
        _renewedMs = 0;
        _hasDropped = false;
        _doubted.Clear();
        Process = null;
        Failure = failure;
        State = EngineState.Connecting;
        unsent.ForEach(call => Admit(call, nowMs));
        AdmitWaiting(nowMs);
        _attempts = 0;
        Request(null, nowMs);
        SweepSoon(nowMs);
    }

    private void EndAll()
    {
        foreach (var stream in _streams)
        {
            stream.Phase = StreamPhase.Ended;
            stream.Ready.Clear();
            _commands.Enqueue(new StreamCommand(stream, Open: false));
        }

        _streams.Clear();
        EndLease();
        _default = null;
        _retryAtMs = Never;
        _sweepAtMs = Never;
        _closeSendAtMs = Never;
        _giveUpAtMs = Never;
    }

    private void FailAll(EngineFailure failure)
    {
        FailRows(failure);
        while (_outstanding.First is { } call)
        {
            Release(call);
            Complete(call, null, failure);
        }

        while (_waitingForWindow.First is { } send)
        {
            _waitingForWindow.Remove(send);
            Complete(send, null, failure);
        }

        while (_waitingOthers.First is { } other)
        {
            _waitingOthers.Remove(other);
            Complete(other, null, failure);
        }

        _untold.Clear();
    }
}
