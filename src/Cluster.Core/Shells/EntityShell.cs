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
public sealed partial class EntityShell<TRef>
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
}
