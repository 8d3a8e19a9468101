using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Shells;

/// <content>What follows from the inputs: writes, messages, wake-ups, the end.</content>
public sealed partial class EntityShell<TRef>
{
    /// <summary>Hands over what is to be done after an input. To be called after each.</summary>
    /// <param name="outputs">The driver.</param>
    /// <param name="hasQuorum">
    /// Whether no other node can own this entity now. While it is false nothing is written and nothing is said, except
    /// that a session has to send its calls again. What is not written when the entity stops is lost as in a crash.
    /// </param>
    public void Drain(IShellOutputs<TRef> outputs, bool hasQuorum)
    {
        EndSubscriptions(outputs);
        SendNotices(outputs);
        if (_hasFailed)
        {
            outputs.Stopped();
            return;
        }

        if (hasQuorum) Speak(outputs);
        else AwaitQuorum(outputs);
        if (_wantsPassivation) Passivate(outputs);
        if (_isStopping && IsAtRest(hasQuorum)) outputs.Stopped();
        else if (!_isDeleting) Schedule(outputs);
    }

    /// <summary>
    /// The entity is no longer here: its sessions send outstanding calls again, and its subscribers subscribe again.
    /// </summary>
    public void End(IShellOutputs<TRef> outputs)
    {
        // Somebody has to send the unanswered requests of an entity that moves. Its next life does it once it is there.
        if (_isStopping && Machine.Outbox.HasAny && !Machine.IsFinished) outputs.Send(new Request { To = Machine.Key });
        SendNotices(outputs);
        foreach (var (pid, session) in _sessions.All) outputs.Send(session, CallAgain(pid));
        foreach (var session in _sessions.Sessions) outputs.Unwatch(session);
        foreach (var subscriber in _subscribers?.All ?? [])
        {
            outputs.Send(subscriber, SubscribeAgain());
            outputs.Unwatch(subscriber);
        }
    }

    private void Speak(IShellOutputs<TRef> outputs)
    {
        var lazy = _isStopping || NowMs >= _lazyAtMs;
        if (!Machine.IsFinished && !_isDeleting && _executor.TryBeginWrite(out var write, lazy))
        {
            _lazyAtMs = long.MaxValue;
            _hasJournal = true;
            outputs.Write(write);
        }

        Deliver(outputs);
        if (Machine.IsFinished && !_executor.IsWriting && !_isDeleting) Finish(outputs);
    }

    // The deletion of the journal is the last thing that has to be safe before the entity answers. From then on this
    // incarnation writes nothing: its rows would stand without those before them. The next one begins without a
    // journal.
    private void Finish(IShellOutputs<TRef> outputs)
    {
        if (_hasJournal)
        {
            _isDeleting = true;
            outputs.DeleteJournal();
            return;
        }

        Settle();
        Deliver(outputs);
    }

    private void Settle()
    {
        _executor.Abandon();
        _wantsPassivation = true;
    }

    private bool IsAtRest(bool hasQuorum)
    {
        if (_isDeleting && hasQuorum) return _isDeleted;
        return hasQuorum && !Machine.IsFinished ? _executor.IsIdle : !_executor.IsWriting;
    }

    private long NowMs => _now.ClockMs;

    private bool MayPassivate => Machine.MayPassivate && _subscribers is null;

    private void Passivate(IShellOutputs<TRef> outputs)
    {
        _wantsPassivation = false;
        if (_isPassivating) return;
        _isPassivating = true;
        outputs.Passivate();
    }

    private void AwaitQuorum(IShellOutputs<TRef> outputs)
    {
        if (_awaitsQuorum) return;
        _awaitsQuorum = true;
        outputs.AwaitQuorum();
    }

    private void EndSubscriptions(IShellOutputs<TRef> outputs)
    {
        while (_executor.TryTakeEnded(out var token))
        {
            if (_subscribers is null || !_subscribers.TryGet(token, out var subscriber)) continue;
            _subscribers.Remove(subscriber);
            if (_subscribers.Count == 0) _subscribers = null;
            outputs.Unwatch(subscriber);
        }
    }

    private void SendNotices(IShellOutputs<TRef> outputs)
    {
        if (_watch is { } watch)
        {
            foreach (var peer in watch) outputs.Watch(peer);
            _watch = null;
        }

        if (_callAgain is not { } callAgain) return;
        foreach (var (session, pid) in callAgain) outputs.Send(session, CallAgain(pid));
        _callAgain = null;
    }

    private void Deliver(IShellOutputs<TRef> outputs)
    {
        var ready = _executor.Ready;
        if (ready.IsEmpty) return;
        SendResults(ready.Results, outputs);
        foreach (var (token, reply) in ready.Replies)
        {
            if (_askers.Remove(token, out var asker)) outputs.Send(asker, reply);
        }

        foreach (var (token, news) in ready.News) Tell(token, news, outputs);
        foreach (var request in ready.Requests) outputs.Send(request);
        ready.Clear();
    }

    private void Tell(ulong token, Reply news, IShellOutputs<TRef> outputs)
    {
        if (_subscribers is null) return;
        if (token != Batch.ToAll)
        {
            if (_subscribers.TryGet(token, out var one)) outputs.Send(one, news);
            return;
        }

        foreach (var subscriber in _subscribers.All) outputs.Send(subscriber, news);
    }

    // Results for one process that follow each other share a message, up to the size of a frame.
    private void SendResults(IReadOnlyList<(int Pid, Result Result)> results, IShellOutputs<TRef> outputs)
    {
        if (results.Count == 0) return;
        outputs.Leaving(results);
        Results? message = null;
        var bytes = 0;
        foreach (var (pid, result) in results)
        {
            if (message is null || message.Pid != pid || bytes >= Bounds.FrameTargetBytes)
            {
                Send(message, outputs);
                message = new Results { From = Machine.Key, Owner = _options.Owner, Pid = pid };
                bytes = 0;
            }

            bytes += result.CalculateSize();
            message.Results_.Add(result);
        }

        Send(message, outputs);
    }

    private void Send(Results? results, IShellOutputs<TRef> outputs)
    {
        if (results is not null && _sessions.TryGet(results.Pid, out var session)) outputs.Send(session, results);
    }

    private Results CallAgain(int pid) =>
        new() { From = Machine.Key, Owner = _options.Owner, Pid = pid, Moved = true };

    private Reply SubscribeAgain() => new() { From = Machine.Key, Errno = (int)Errno.EAGAIN };

    private void Schedule(IShellOutputs<TRef> outputs)
    {
        if (Machine.Outbox.HasAny && _repeatAtMs == long.MaxValue) _repeatAtMs = NowMs + _options.RepeatAfterMs;
        if (_executor.HasLazyEvents && _lazyAtMs == long.MaxValue) _lazyAtMs = NowMs + _options.LazyWriteAfterMs;
        var idleAtMs = MayPassivate && !_isPassivating
            ? Math.Max(_lastUsedMs + _options.PassivateAfterMs, NowMs + 1_000)
            : long.MaxValue;
        // A lazy write that is due but has to wait for the write under way, or for the majority, follows by itself.
        var lazyAtMs = _lazyAtMs > NowMs ? _lazyAtMs : long.MaxValue;
        var nextMs = Math.Min(Math.Min(Machine.NextTickMs, idleAtMs), Math.Min(_repeatAtMs, lazyAtMs));
        if (nextMs >= _wakeAtMs) return;
        _wakeAtMs = nextMs;
        outputs.WakeAfter(Math.Max(1, nextMs - NowMs));
    }

    // Never backwards: the clock of a node may be a little behind that of the entity's last node.
    private void Now(Instant now) => _now = now with { ClockMs = Math.Max(NowMs, now.ClockMs) };
}
