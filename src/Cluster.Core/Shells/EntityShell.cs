using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Shells;

/// <summary>
/// Everything that an entity decides beside its machine: which session gets a result, when to write, when to ask again,
/// when to be silent, when to leave memory and when to end. The shell is the same for all kinds.
/// </summary>
/// <remarks>
/// Pure, as etcd's RawNode is: inputs are methods that take the time, outputs are drained by the driver. The actor, the
/// simulation and the in-memory kernel drive this same code:
/// <code>
/// var shell = new EntityShell&lt;IActorRef&gt;(machine, options);
/// foreach (var row in journal.Read(name)) shell.Replay(row.Span, isSnapshot);
/// shell.Recovered(hasPast: journal.HighestOf(name) > 0, now);
/// shell.Drain(outputs, quorum.IsFresh);              // writes, sends, asks to be woken
/// while (!stopped)                                   // set by outputs.Stopped
/// {
///     var (message, sender) = Next();
///     switch (message)
///     {
///         case Submit submit: shell.Submit(submit, sender, now); break;
///         case Request request: shell.Ask(request, sender, now); break;
///         case Reply reply: shell.Reply(reply, now); break;
///         case PeerGone gone: shell.Gone(gone.Peer, now); break;  // after outputs.Watch
///         case RowsWritten: shell.Written(now); break;            // after outputs.Write, synced
///         case TimeHasCome: shell.Tick(now); break;               // after outputs.WakeAfter
///         case PleaseStop: shell.Stop(now); break;                // after outputs.Passivate, or for a hand-off
///     }
///     shell.Drain(outputs, quorum.IsFresh);
/// }
/// shell.End(outputs);                                // also when a write has failed, or the actor dies
/// </code>
/// The rule of order is inside: no result, answer, request or news leaves before the events that it follows from are in
/// the journal. Nothing is written or said without a majority: another node may own this entity by now. A write would
/// steal the entity back, and the expiry of a lease would end a live process.
/// </remarks>
/// <typeparam name="TRef">The address of a session or of another asker.</typeparam>
public sealed class EntityShell<TRef>
    where TRef : notnull
{
    /// <summary>Requests that may be unanswered. Further ones are dropped, and their askers ask again.</summary>
    private const int AskersBound = 16_384;

    private readonly ShellOptions _options;
    private readonly Executor _executor;
    private SessionTable<TRef> _sessions;
    private Arrivals _arrivals;
    private FewMap<ulong, TRef> _askers;
    private Subscribers<TRef>? _subscribers; // none: null, as in nearly all entities
    private List<(TRef Session, int Pid)>? _callAgain; // until the next Drain; none: null
    private List<TRef>? _watch; // until the next Drain; none: null
    private ulong _nextToken = 1;
    private Instant _now;
    private long _lastUsedMs;
    private long _repeatAtMs = long.MaxValue;
    private long _lazyAtMs = long.MaxValue;
    private long _wakeAtMs = long.MaxValue;
    private bool _hasJournal;
    private bool _isStopping;
    private bool _wantsPassivation;
    private bool _isPassivating;
    private bool _isDeleting;
    private bool _isDeleted;
    private bool _hasFailed;
    private bool _awaitsQuorum;

    /// <summary>A shell around a machine without state: replay its journal first.</summary>
    public EntityShell(Machine machine, ShellOptions options)
    {
        _options = options;
        _executor = new Executor(machine, options.Executor);
    }

    /// <summary>The machine. Give it no inputs.</summary>
    public Machine Machine => _executor.Machine;

    /// <summary>Whether a write is under way.</summary>
    public bool IsWriting => _executor.IsWriting;

    /// <summary>For a test that listens to the machine: it hands on what it hears.</summary>
    internal Executor Executor => _executor;

    // ---- inputs ----

    /// <summary>A row of the journal.</summary>
    public void Replay(ReadOnlySpan<byte> row, bool isSnapshot)
    {
        if (isSnapshot) _executor.ReplaySnapshot(row);
        else _executor.Replay(row);
    }

    /// <summary>The journal has been read.</summary>
    /// <param name="hasPast">Whether there ever was a row, even if all have been deleted.</param>
    /// <param name="now">The time.</param>
    public void Recovered(bool hasPast, Instant now)
    {
        Now(now);
        _lastUsedMs = NowMs;
        _hasJournal = hasPast;
        Machine.HasPast = hasPast;
        Machine.Recovered(_now);
    }

    /// <summary>Calls of one process, through a session: <see cref="Admit"/> and <see cref="Run"/>.</summary>
    public void Submit(Submit submit, TRef session, Instant now)
    {
        if (Admit(submit, session, now)) Run(submit);
    }

    /// <summary>
    /// Takes calls of one process, or turns them away: they come again. Apart from <see cref="Run"/>, so that an
    /// observer can look at the state in between.
    /// </summary>
    public bool Admit(Submit submit, TRef session, Instant now)
    {
        Now(now);
        _lastUsedMs = NowMs;
        if (_sessions.Set(submit.Stamp.Pid, session, submit.Route)) (_watch ??= []).Add(session);
        if (_executor.IsOverfull || IsOverfullFor(submit)) return false;
        if (_arrivals.TryTake(submit)) return true;
        (_callAgain ??= []).Add((session, submit.Stamp.Pid));
        return false;
    }

    // Its acknowledgements are taken, or the process could never come back below the bound.
    private bool IsOverfullFor(Submit submit) =>
        submit.Calls.Count > 0 && Machine.Ledger.IsOverfull(submit.Stamp.Pid)
        && !Machine.Ledger.WouldTrim(submit.Stamp.Pid, submit.Ack, submit.Pending);

    /// <summary>Runs calls that were just admitted.</summary>
    public void Run(Submit submit)
    {
        if (_executor.IsFull) Machine.TurnAway(submit, _now);
        else Machine.Submit(submit, _now);
    }

    /// <summary>A request of a session or of another entity.</summary>
    public void Ask(Request request, TRef asker, Instant now)
    {
        Now(now);
        _lastUsedMs = NowMs;
        if (_askers.Count >= AskersBound) return;
        var token = _nextToken++;
        _askers.TryAdd(token, asker);
        Machine.Ask(request, token, _now);
        while (_executor.TryTakeSubscription(out var subscription))
        {
            if (_askers.TryGetValue(subscription, out var subscriber)
                && (_subscribers ??= new Subscribers<TRef>()).Set(subscriber, subscription))
                (_watch ??= []).Add(subscriber);
        }
    }

    /// <summary>An answer to a request of this entity.</summary>
    public void Reply(Reply reply, Instant now)
    {
        Now(now);
        Machine.OnReply(reply, _now);
    }

    /// <summary>A session or a subscriber is gone. What its processes wait for here is suspended.</summary>
    public void Gone(TRef peer, Instant now)
    {
        Now(now);
        foreach (var pid in _sessions.Remove(peer))
        {
            _arrivals.Remove(pid);
            Machine.Suspend(pid, _now);
        }

        if (_subscribers?.Remove(peer) is { } token) Machine.Unsubscribed(token, _now);
        if (_subscribers?.Count == 0) _subscribers = null;
    }

    /// <summary>The time of the last <see cref="IShellOutputs{TRef}.WakeAfter"/> has come.</summary>
    public void Tick(Instant now)
    {
        Now(now);
        _wakeAtMs = long.MaxValue;
        Machine.Tick(_now);
        if (NowMs >= _repeatAtMs)
        {
            _repeatAtMs = long.MaxValue;
            Machine.Outbox.Repeat(_executor);
        }

        if (MayPassivate && NowMs - _lastUsedMs >= _options.PassivateAfterMs) _wantsPassivation = true;
    }

    /// <summary>The rows of the last <see cref="IShellOutputs{TRef}.Write"/> are in the journal, synced.</summary>
    public void Written(Instant now)
    {
        Now(now);
        _executor.Committed();
    }

    /// <summary>The deletion of the journal has ended.</summary>
    /// <param name="isDone">False: it has failed. The entity stops, and whoever asked for its end asks again.</param>
    /// <param name="now">The time.</param>
    public void JournalDeleted(bool isDone, Instant now)
    {
        Now(now);
        _isDeleted = isDone;
        _hasFailed = !isDone;
        if (isDone) Settle();
    }

    /// <summary>The node has its majority again.</summary>
    public void QuorumBack(Instant now)
    {
        Now(now);
        _awaitsQuorum = false;
    }

    /// <summary>
    /// Stop once everything that was begun is written: for passivation, and when the entity moves to another node.
    /// </summary>
    public void Stop(Instant now)
    {
        Now(now);
        _isStopping = true;
    }

    // ---- outputs ----

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
