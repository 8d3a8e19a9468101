using System.Security.Cryptography;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using Cluster.Actors.Dispatch;
using Cluster.Actors.Journal;
using Cluster.Actors.Membership;
using Cluster.Actors.Sharding;
using Cluster.Actors.Spans;
using Cluster.Actors.Tracing;
using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Actors.Entities;

/// <summary>
/// The shell around every machine: it gives the machine its inputs and the time, writes what it emits by group commit,
/// and lets nothing leave before it is written. It knows none of the kinds.
/// </summary>
/// <remarks>
/// A write that fails stops the actor: nothing that it covered has been answered, the callers send again, and the
/// entity comes back from its journal. On recovery an event is written before anything is answered, so that a twin of
/// this entity that still lives elsewhere fails its next write (the journal has one row for each sequence number).
/// </remarks>
internal sealed class EntityActor : JournaledActor
{
    private const int TokenBound = 16_384;

    private readonly EntityOptions _options;
    private readonly EntityKey _key;
    private readonly Executor _executor;
    private readonly SessionTable _sessions = new();
    private Arrivals _arrivals;
    private FewMap<ulong, IActorRef> _askers;
    private HashSet<IActorRef>? _subscribers;
    private ulong _nextToken = 1;
    private int _rowsToGo;
    private EntityCounts _counts;
    private long _nowMs;
    private long _lastUsedMs;
    private long _repeatAtMs = long.MaxValue;
    private long _lazyAtMs = long.MaxValue;
    private long _timerAtMs = long.MaxValue;
    private Alarm? _timer; // one and no IWithTimers, whose table takes more than all that an idle machine does
    private bool _stopping;
    private bool _passivating;
    private bool _finishing;
    private bool _isMute;
    private CallTrace? _trace;
    private EntitySpans? _spans;

    /// <summary>One entity.</summary>
    public EntityActor(EntityKey key, EntityOptions options)
    {
        _key = key;
        _options = options;
        var machine = MachineFactory.Create(key);
        machine.Incarnation = NewIncarnation();
        _executor = new Executor(machine, options.Executor);
        _counts = new EntityCounts(options.Stats, machine);
    }

    /// <summary>How to make the actor of an entity: one for all, which take the key out of their names.</summary>
    /// <param name="options">What they need to know.</param>
    /// <param name="key">The entity, if its name does not say it.</param>
    public static Props Props(EntityOptions options, EntityKey? key = null) =>
        Akka.Actor.Props.CreateBy(new Producer(options, key)).WithMailbox(CompactMailbox.Id);

    // Made anew each time: it is needed for a write, and would lie there between writes.
    /// <inheritdoc/>
    protected override string PersistenceId => EntityIds.Format(_key);

    // Without group commit, each command waits until what the one before it has done is written.
    /// <inheritdoc/>
    protected override bool IsHeld => base.IsHeld || (!_options.GroupCommit && _executor.IsWriting);

    private Machine Machine => _executor.Machine;

    /// <summary>Whom to tell what happens: null unless somebody traces something on this node.</summary>
    private CallTrace? Trace => _options.Taps.All is { } taps
        ? (_trace ??= new CallTrace(_key, Machine, _options.Time)).For(taps)
        : _trace = null;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        base.PreStart();
        _counts.Begin();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _timer?.Cancel();
        _counts.End();
        _spans?.EndAll();
        foreach (var (pid, session) in _sessions.All)
            session.Tell(CallAgain(pid));
        foreach (var session in _sessions.Sessions) SessionWatch.Of(Context.System).Remove(session, Self);
        base.PostStop();
    }

    /// <inheritdoc/>
    protected override void OnRecord(JournalRecord record)
    {
        if (record.IsSnapshot) _executor.ReplaySnapshot(record.Payload.Span);
        else _executor.Replay(record.Payload.Span);
    }

    /// <inheritdoc/>
    protected override void OnRead()
    {
        _lastUsedMs = Now();
        _counts.Recovered();
        Machine.HasPast = LastSequenceNr > 0;
        Machine.Recovered(_nowMs);
        Pump();
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        Now();
        switch (message)
        {
            case Submit submit:
                OnSubmit(submit);
                break;
            case Request request:
                OnRequest(request);
                break;
            case Reply reply:
                Machine.OnReply(reply, _nowMs);
                Trace?.Ran();
                break;
            case Wake:
                OnWake();
                break;
            case SessionGone gone:
                foreach (var pid in _sessions.Remove(gone.Session))
                {
                    _arrivals.Forget(pid);
                    Machine.Suspend(pid, _nowMs);
                }

                break;
            case Terminated terminated:
                _subscribers?.Remove(terminated.ActorRef);
                break;
            case StopEntity:
                _stopping = true;
                break;
            case QuorumBack:
                _isMute = false;
                break;
            case DeleteMessagesSuccess:
                OnJournalDeleted();
                break;
            case DeleteMessagesFailure:
                Context.Stop(Self); // whoever asked asks again
                break;
            default:
                Unhandled(message);
                return;
        }

        Pump();
    }

    private void OnSubmit(Submit submit)
    {
        if (!_options.GroupCommit && submit.Calls.Count > 1)
        {
            foreach (var call in submit.Calls)
            {
                var single = submit.Clone();
                single.Calls.Clear();
                single.Calls.Add(call);
                Self.Tell(single, Sender);
            }

            return;
        }

        _lastUsedMs = _nowMs;
        if (_sessions.Set(submit.Stamp.Pid, Sender, submit.Route)) SessionWatch.Of(Context.System).Add(Sender, Self);
        if (_executor.IsOverfull) return; // the caller sends again
        if (!_arrivals.TryTake(submit))
        {
            Sender.Tell(CallAgain(submit.Stamp.Pid));
            return;
        }

        var trace = Trace;
        trace?.Arrived(submit);
        if (CallSpans.HasListeners) (_spans ??= new EntitySpans(_key, Machine)).Arrived(submit);
        if (_executor.IsFull) Machine.TurnAway(submit, _nowMs);
        else Machine.Submit(submit, _nowMs);
        trace?.Ran(submit);
        _spans?.Ran(submit);
    }

    private void OnRequest(Request request)
    {
        _lastUsedMs = _nowMs;
        if (_askers.Count >= TokenBound) return; // the asker asks again
        var token = _nextToken++;
        _askers.TryAdd(token, Sender);
        if (request.ProcessExited is { } exited) Trace?.Exited(exited.Pid);
        Machine.Ask(request, token, _nowMs);
        while (_executor.TryTakeSubscription(out var subscription))
        {
            if (_askers.TryGetValue(subscription, out var subscriber) && (_subscribers ??= []).Add(subscriber))
                Context.Watch(subscriber);
        }
    }

    private void OnWake()
    {
        _timerAtMs = long.MaxValue;
        _timer = null;
        Machine.Tick(_nowMs);
        if (_nowMs >= _repeatAtMs)
        {
            _repeatAtMs = long.MaxValue;
            Machine.Outbox.Repeat(_executor);
        }

        var isIdle = _nowMs - _lastUsedMs >= (long)_options.PassivateAfter.TotalMilliseconds;
        if (!isIdle || !Machine.MayPassivate || _passivating) return;
        _options.Stats.AddPassivation();
        Passivate();
    }

    private void Passivate()
    {
        if (_passivating) return;
        _passivating = true;
        Context.Parent.Tell(new Passivate(StopEntity.Instance));
    }

    /// <summary>Writes what can be written, sends what may leave, and sees to the next time.</summary>
    private void Pump()
    {
        var lazy = _stopping || _nowMs >= _lazyAtMs;
        // Another node may have this entity by now: a write would take it away from there, and a lease that nobody
        // could renew here would end a process that lives. What it has not written by the time it stops is as if in a
        // crash.
        var maySpeak = _options.Quorum.IsFresh;
        if (!maySpeak) AwaitQuorum();
        if (maySpeak && !Machine.IsFinished && _executor.TryBeginWrite(out var write, lazy))
        {
            _lazyAtMs = long.MaxValue;
            Begin(write);
        }

        _counts.Update(); // before a caller can have its result, and look
        Deliver();
        if (Machine.Exit is { } ended) Trace?.Ended(ended);
        if (Machine.IsFinished && maySpeak) Finish();
        else if (_stopping && (maySpeak ? _executor.IsIdle : !_executor.IsWriting)) Context.Stop(Self);
        else Schedule();
    }

    private void Begin(JournalWrite write)
    {
        _rowsToGo = write.Rows.Count;
        EntityMetrics.Commits.Record(write.Events);
        Write([.. write.Rows.Select(row => new JournalRecord(row, write.IsSnapshot))]);
    }

    /// <inheritdoc/>
    protected override void OnWritten()
    {
        if (--_rowsToGo > 0) return;
        Now();
        _executor.Committed();
        Pump();
    }

    // The entity is no more: its journal goes, which is the last thing that has to be safe before it answers, and so
    // does the actor. What comes meanwhile finds a new actor without a journal.
    private void Finish()
    {
        if (_executor.IsWriting) return;
        if (_finishing)
        {
            if (_stopping) Context.Stop(Self);
            return;
        }

        _finishing = true;
        if (LastSequenceNr > 0) DeleteRecords();
        else OnJournalDeleted();
    }

    private void OnJournalDeleted()
    {
        _executor.Abandon();
        Deliver();
        Passivate();
    }

    private void AwaitQuorum()
    {
        if (_isMute) return;
        _isMute = true;
        _options.Quorum.WhenFresh(Self);
    }

    private void Deliver()
    {
        var ready = _executor.Ready;
        if (ready.IsEmpty) return;
        if (!_options.Quorum.IsFresh)
        {
            // What was decided here may not be so any more.
            AwaitQuorum();
            return;
        }

        if (ready.Results.Count > 0) Trace?.Completed(ready.Results);
        _spans?.Completed(ready.Results);
        SendResults(ready.Results);
        foreach (var (token, reply) in ready.Replies)
        {
            if (_askers.Remove(token, out var asker)) asker.Tell(reply);
        }

        foreach (var news in ready.News)
        {
            foreach (var subscriber in _subscribers ?? []) subscriber.Tell(news);
        }

        if (ready.Requests.Count > 0 && _options.Regions.Task.IsCompletedSuccessfully)
        {
            var regions = _options.Regions.Task.Result;
            foreach (var request in ready.Requests) regions.Of(request.To).Tell(request);
        }

        ready.Clear();
    }

    private void SendResults(IReadOnlyList<(int Pid, Result Result)> results)
    {
        Results? message = null;
        var bytes = 0;
        foreach (var (pid, result) in results)
        {
            if (message is null || message.Pid != pid || bytes >= Bounds.FrameTargetBytes)
            {
                Send(message);
                message = new Results { From = _key, Owner = _options.Gateway, Pid = pid };
                bytes = 0;
            }

            bytes += result.CalculateSize();

            message.Results_.Add(result);
        }

        Send(message);
    }

    private Results CallAgain(int pid) => new() { From = _key, Owner = _options.Gateway, Pid = pid, Moved = true };

    private void Send(Results? results)
    {
        if (results is not null && _sessions.TryGet(results.Pid, out var session)) session.Tell(results);
    }

    private void Schedule()
    {
        if (Machine.Outbox.HasAny && _repeatAtMs == long.MaxValue)
            _repeatAtMs = _nowMs + (long)_options.RepeatAfter.TotalMilliseconds;
        if (_executor.HasLazyEvents && _lazyAtMs == long.MaxValue)
            _lazyAtMs = _nowMs + (long)_options.LazyWriteAfter.TotalMilliseconds;
        var idleAtMs = Machine.MayPassivate
            ? Math.Max(_lastUsedMs + (long)_options.PassivateAfter.TotalMilliseconds, _nowMs + 1_000)
            : long.MaxValue;
        var nextMs = Math.Min(Math.Min(Machine.NextTickMs, idleAtMs), Math.Min(_repeatAtMs, _lazyAtMs));
        if (nextMs >= _timerAtMs) return;
        _timerAtMs = nextMs;
        var wait = Math.Clamp(nextMs - _nowMs, 1, int.MaxValue);
        _timer?.Cancel();
        _timer = Alarm.Set(Context.System.Scheduler, TimeSpan.FromMilliseconds(wait), Self, Wake.Instance);
    }

    // Not to be guessed: the secrets of shared memory segments are made from it.
    private static ulong NewIncarnation() =>
        (BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 1) | 1;

    // Never backwards: deadlines would be late otherwise, and times in the journal out of order.
    private long Now() => _nowMs = Math.Max(_nowMs, _options.Time.GetUtcNow().ToUnixTimeMilliseconds());

    // A Props of each entity would be several objects that live as long as it does.
    private sealed class Producer(EntityOptions options, EntityKey? key) : IIndirectActorProducer
    {
        public Type ActorType => typeof(EntityActor);

        // A shard names its entities by their ids, escaped.
        public ActorBase Produce() =>
            new EntityActor(key ?? EntityIds.Parse(Uri.UnescapeDataString(Context.Self.Path.Name)), options);

        public void Release(ActorBase actor)
        {
        }
    }

    private sealed class Wake : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Wake Instance = new();
    }
}
