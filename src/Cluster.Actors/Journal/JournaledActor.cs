using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Event;
using Akka.Persistence;
using Cluster.Actors.Dispatch;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal;

/// <summary>
/// An actor with a journal. It reads its records first and then serves, with one write under way. Messages that arrive
/// before it has read its records wait, in order.
/// </summary>
/// <remarks>
/// It speaks Akka.Persistence's protocol with the journal, as UntypedPersistentActor does. That class costs more than a
/// kilobyte for each actor (two stashes, lists, a log, a second stopwatch), and an idle object needs none of it.
/// There is no snapshot store: a snapshot is a record. A failed write stops the actor.
/// </remarks>
internal abstract class JournaledActor : UntypedActor
{
    // one for the OS process: no reader tells actors apart by it
    private static readonly string Writer = Guid.NewGuid().ToString();

    private static int _instances;

    private readonly int _instance = Interlocked.Increment(ref _instances);
    private IActorRef _journal = ActorRefs.Nobody;
    private IStash? _waiting; // waiting commands; null: none
    private Alarm? _patience; // only while reading: ends the wait for the journal
    private bool _isReading = true;
    private bool _hasHeard;
    private bool _isOwnJournal; // Akka's protocol costs more, and is for other journals

    private static string Plugin => Context.System.Settings.Config.GetString("akka.persistence.journal.plugin");

    /// <summary>The persistence id.</summary>
    protected abstract string PersistenceId { get; }

    /// <summary>The sequence number of the last record; 0: there never was one.</summary>
    protected long LastSequenceNr { get; private set; }

    /// <summary>Whether commands have to wait now.</summary>
    protected virtual bool CommandsWait => _isReading;

    /// <summary>Called for each record of the journal, in order.</summary>
    protected abstract void OnRecord(JournalRecord record);

    /// <summary>Called when the journal has been read.</summary>
    protected abstract void OnRead();

    /// <summary>Called for each other message.</summary>
    protected abstract void OnCommand(object message);

    /// <summary>Called when a record is durable.</summary>
    protected abstract void OnWritten();

    protected override void PreStart()
    {
        var persistence = Persistence.Instance.Apply(Context.System);
        _journal = persistence.JournalFor(null);
        _isOwnJournal = Plugin == GroupCommitJournalConfig.PluginId;
        _journal.Tell(new ReplayMessages(1, long.MaxValue, long.MaxValue, PersistenceId, Self), Self);
        WaitForJournal();
    }

    protected override void PreRestart(Exception reason, object message)
    {
        _waiting?.UnstashAll();
        base.PreRestart(reason, message);
    }

    protected override void PostStop() => _patience?.Cancel();

    /// <summary>Writes records, all or none: <see cref="OnWritten"/> follows for each.</summary>
    protected void Write(JournalRecord[] records)
    {
        var id = PersistenceId;
        if (_isOwnJournal)
        {
            _journal.Tell(new RecordWrite(id, LastSequenceNr + 1, records, Self, _instance), Self);
            LastSequenceNr += records.Length;
            return;
        }

        var write = records.Length == 1
            ? new AtomicWrite(Number(records[0], id))
            : new AtomicWrite(records.Select(record => Number(record, id)).ToImmutableList());
        _journal.Tell(new WriteMessages([write], Self, _instance), Self);
    }

    /// <summary>Deletes all records; DeleteMessagesSuccess or DeleteMessagesFailure follows, as a command.</summary>
    protected void DeleteRecords() => _journal.Tell(new DeleteMessagesTo(PersistenceId, LastSequenceNr, Self), Self);

    protected sealed override void OnReceive(object message)
    {
        switch (message)
        {
            case RecordWrite written:
                for (var i = 0; written.Instance == _instance && i < written.Records.Length; i++) OnWritten();
                break;
            case RecordWriteFailed failed:
                if (failed.Write.Instance == _instance) Fail(failed.Cause);
                return;
            case WriteMessageSuccess written:
                if (written.ActorInstanceId == _instance) OnWritten();
                break;
            case WriteMessageFailure failed:
                if (failed.ActorInstanceId == _instance) Fail(failed.Cause);
                return;
            case WriteMessageRejected rejected:
                if (rejected.ActorInstanceId == _instance) Fail(rejected.Cause);
                return;
            case WriteMessagesSuccessful or WriteMessagesFailed:
                return; // each record is answered separately as well
            case ReplayedMessage or RecoverySuccess or ReplayMessagesFailure or LookForJournal:
                if (_isReading) Read(message);
                break;
            case var _ when CommandsWait:
                (_waiting ??= new UnboundedStashImpl(Context)).Stash();
                return;
            default:
                OnCommand(message);
                break;
        }

        if (!CommandsWait) ServeNext();
    }

    private void Read(object message)
    {
        switch (message)
        {
            case ReplayedMessage replayed:
                _hasHeard = true;
                Replay(replayed.Persistent);
                break;
            case RecoverySuccess success:
                _isReading = false;
                _patience?.Cancel();
                _patience = null;
                LastSequenceNr = Math.Max(success.HighestSequenceNr, LastSequenceNr);
                OnRead();
                break;
            case ReplayMessagesFailure failure:
                Fail(failure.Cause);
                break;
            case LookForJournal:
                if (_hasHeard) WaitForJournal();
                else Fail(new RecoveryTimedOutException("the journal does not answer"));
                break;
        }
    }

    private void Replay(IPersistentRepresentation item)
    {
        LastSequenceNr = Math.Max(LastSequenceNr, item.SequenceNr);
        try
        {
            OnRecord((JournalRecord)item.Payload);
        }
        catch (Exception exception)
        {
            // Stop: a restart would read the same record again.
            Context.GetLogger().Error(exception, "{0} cannot read record {1}", PersistenceId, item.SequenceNr);
            Context.Stop(Self);
        }
    }

    private IPersistentRepresentation Number(JournalRecord record, string id) =>
        new Persistent(record, ++LastSequenceNr, id, writerGuid: Writer);

    private void WaitForJournal()
    {
        _hasHeard = false;
        var patience = Context.System.Settings.Config.GetTimeSpan(
            $"{Plugin}.recovery-event-timeout", TimeSpan.FromSeconds(30));
        _patience = Alarm.Set(Context.System.Scheduler, patience, Self, LookForJournal.Instance);
    }

    // Only a debug line: the journal reports a failed database itself, once and not for each actor, and a conflict is
    // the regular end of an incarnation that another node has replaced.
    private void Fail(Exception cause)
    {
        Context.GetLogger().Debug("{0} stops: {1}", PersistenceId, cause.Message);
        Context.Stop(Self);
    }

    private void ServeNext()
    {
        if (_waiting is null) return;
        _waiting.Unstash();
        if (_waiting.IsEmpty) _waiting = null;
    }

    private sealed class LookForJournal : INoSerializationVerificationNeeded
    {
        public static readonly LookForJournal Instance = new();
    }
}
