using System.Security.Cryptography;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Persistence;
using Cluster.Actors.Dispatch;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Routing;
using Cluster.Actors.Spans;
using Cluster.Actors.Tracing;
using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Core.Shells;
using Cluster.Protocol;

namespace Cluster.Actors.Entities;

/// <summary>
/// Drives an <see cref="EntityShell{TRef}"/>: messages are its inputs, and its outputs become messages. All decisions
/// are in the shell. Traces, spans and counters look on from here.
/// </summary>
/// <remarks>
/// A write that fails stops the actor: nothing that depends on it has been answered, the callers send again, and the
/// entity comes back from its journal. On recovery an event is written before anything is answered, so that a twin of
/// this entity that still lives elsewhere fails its next write: the journal has one row for each sequence number.
/// </remarks>
internal sealed class EntityActor : JournaledActor, IShellOutputs<IActorRef>
{
    private readonly EntityOptions _options;
    private readonly EntityShell<IActorRef> _shell;
    private int _rowsToGo;
    private EntityCounts _counts;
    private Alarm? _timer; // A single alarm: the timer table of IWithTimers costs more memory than an idle machine.
    private CallTrace? _trace;
    private EntitySpans? _spans;

    /// <summary>One entity.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="options">What every entity of the node needs.</param>
    /// <param name="shell">The part of the options that the shell needs, made once for all entities.</param>
    private EntityActor(EntityKey key, EntityOptions options, ShellOptions shell)
    {
        _options = options;
        var machine = MachineFactory.Create(key);
        machine.Incarnation = NewIncarnation();
        _shell = new EntityShell<IActorRef>(machine, shell);
        _counts = new EntityCounts(options.Stats, machine);
    }

    /// <summary>
    /// How to make the actor of an entity. One Props serves all entities: each takes the key from its own name.
    /// </summary>
    public static Props Props(EntityOptions options, EntityKey? key = null) =>
        Akka.Actor.Props.CreateBy(new Producer(options, key)).WithMailbox(CompactMailbox.Id);

    // Not cached: it is used only during writes, and each idle entity would keep a string alive.
    protected override string PersistenceId => EntityIds.Format(Machine.Key);

    // Without group commit each command waits until the effects of the one before it are written.
    protected override bool CommandsWait => base.CommandsWait || (!_options.GroupCommit && _shell.IsWriting);

    private Machine Machine => _shell.Machine;

    /// <summary>Whom to tell what happens: null unless somebody traces something on this node.</summary>
    private CallTrace? Trace => _options.Taps.All is { } taps
        ? (_trace ??= new CallTrace(Machine.Key, Machine, _options.Time)).For(taps)
        : _trace = null;

    private Instant Now => new(_options.Clock.NowMs, _options.Time.GetUtcNow().ToUnixTimeMilliseconds());

    protected override void PreStart()
    {
        base.PreStart();
        _counts.Begin();
    }

    protected override void PostStop()
    {
        _timer?.Cancel();
        _counts.End();
        _spans?.EndAll();
        _shell.End(this);
        base.PostStop();
    }

    protected override void OnRecord(JournalRecord record) => _shell.Replay(record.Payload.Span, record.IsSnapshot);

    protected override void OnRead()
    {
        _counts.Recovered();
        _shell.Recovered(LastSequenceNr > 0, Now);
        Drain();
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Submit submit when !_options.GroupCommit && submit.Calls.Count > 1:
                TakeOneByOne(submit);
                return;
            case Submit submit:
                OnSubmit(submit);
                break;
            case Request request:
                if (request.ProcessExited is { } exited) Trace?.Exited(exited.Pid);
                _shell.Ask(request, Sender, Now);
                break;
            case Reply reply:
                _shell.Reply(reply, Now);
                Trace?.Ran();
                break;
            case Wake:
                _timer = null;
                _shell.Tick(Now);
                break;
            case SessionGone gone:
                _shell.Gone(gone.Session, Now);
                break;
            case StopEntity:
                _shell.Stop(Now);
                break;
            case QuorumBack:
                _shell.QuorumBack(Now);
                break;
            case DeleteMessagesSuccess or DeleteMessagesFailure:
                _shell.JournalDeleted(message is DeleteMessagesSuccess, Now);
                break;
            default:
                Unhandled(message);
                return;
        }

        Drain();
    }

    protected override void OnWritten()
    {
        if (--_rowsToGo > 0) return;
        _shell.Written(Now);
        Drain();
    }

    private void OnSubmit(Submit submit)
    {
        if (!_shell.Admit(submit, Sender, Now)) return;
        var trace = Trace;
        trace?.Arrived(submit);
        if (CallSpans.HasListeners) (_spans ??= new EntitySpans(Machine.Key, Machine)).Arrived(submit);
        _shell.Run(submit);
        trace?.Ran(submit);
        _spans?.Ran(submit);
    }

    // Only for the measurement of what group commit is worth.
    private void TakeOneByOne(Submit submit)
    {
        foreach (var call in submit.Calls)
        {
            var single = submit.Clone();
            single.Calls.Clear();
            single.Calls.Add(call);
            Self.Tell(single, Sender);
        }
    }

    private void Drain()
    {
        _counts.Update(); // Before a caller can have its result and look.
        _shell.Drain(this, _options.Quorum.IsFresh);
        if (Machine.Exit is { } ended) Trace?.Ended(ended);
    }

    void IShellOutputs<IActorRef>.Write(JournalWrite write)
    {
        _rowsToGo = write.Rows.Count;
        EntityMetrics.Commits.Record(write.Events);
        Write([.. write.Rows.Select(row => new JournalRecord(row, write.IsSnapshot))]);
    }

    void IShellOutputs<IActorRef>.DeleteJournal() => DeleteRecords();

    void IShellOutputs<IActorRef>.Leaving(IReadOnlyList<(int Pid, Result Result)> results)
    {
        Trace?.Completed(results);
        _spans?.Completed(results);
    }

    void IShellOutputs<IActorRef>.Send(IActorRef session, Results results) => session.Tell(results);

    void IShellOutputs<IActorRef>.Send(IActorRef asker, Reply reply) => asker.Tell(reply);

    // Dropped until all regions have started: the machine has it sent again.
    void IShellOutputs<IActorRef>.Send(Request request)
    {
        if (_options.Regions.Task.IsCompletedSuccessfully) _options.Regions.Task.Result.Of(request.To).Tell(request);
    }

    void IShellOutputs<IActorRef>.Watch(IActorRef peer) => SessionWatch.Of(Context.System).Add(peer, Self);

    void IShellOutputs<IActorRef>.Unwatch(IActorRef peer) => SessionWatch.Of(Context.System).Remove(peer, Self);

    void IShellOutputs<IActorRef>.WakeAfter(long delayMs)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(delayMs, 1, int.MaxValue));
        _timer?.Cancel();
        _timer = Alarm.Set(Context.System.Scheduler, wait, Self, Wake.Instance);
    }

    void IShellOutputs<IActorRef>.AwaitQuorum() => _options.Quorum.WhenFresh(Self);

    void IShellOutputs<IActorRef>.Passivate()
    {
        if (!Machine.IsFinished) _options.Stats.AddPassivation();
        Context.Parent.Tell(new Passivate(StopEntity.Instance));
    }

    void IShellOutputs<IActorRef>.Stopped() => Context.Stop(Self);

    // Not to be guessed: the secrets of shared memory segments are made from it.
    private static ulong NewIncarnation() =>
        (BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 1) | 1;

    // One producer for all entities: a Props of each would be several objects that live as long as the entity.
    private sealed class Producer(EntityOptions options, EntityKey? key) : IIndirectActorProducer
    {
        private readonly ShellOptions _shell = options.ToShell();

        public Type ActorType => typeof(EntityActor);

        // A shard names its entities by their ids, escaped.
        public ActorBase Produce() => new EntityActor(
            key ?? EntityIds.Parse(Uri.UnescapeDataString(Context.Self.Path.Name)), options, _shell);

        public void Release(ActorBase actor)
        {
        }
    }

    private sealed class Wake : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Wake Instance = new();
    }
}
