using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Tests.Journal;

/// <summary>
/// A persistent actor that stores what it is told and keeps all that it has stored or recovered. A list of strings is
/// stored as snapshot pieces in one atomic write; any other object than these is stored as it is.
/// </summary>
internal sealed class Writer : UntypedPersistentActor
{
    private static readonly ConcurrentDictionary<IActorRef, TaskCompletionSource<Exception>> Failures = [];

    private readonly IActorRef _watcher;
    private readonly List<string> _history = [];

    public Writer(string persistenceId, IActorRef watcher)
    {
        PersistenceId = persistenceId;
        _watcher = watcher;
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

    public static Props Props(string persistenceId, IActorRef watcher) =>
        Akka.Actor.Props.Create(typeof(Writer), persistenceId, watcher);

    /// <summary>
    /// Completes when the journal has stopped the writer, with the reason. Earlier and later questions get no answer.
    /// </summary>
    public static Task<Exception> FailureOf(IActorRef writer) =>
        Failures.GetOrAdd(writer, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    protected override void OnRecover(object message)
    {
        if (message is not RecoveryCompleted) Apply(message);
    }

    protected override void OnCommand(object message)
    {
        var sender = Sender;
        switch (message)
        {
            case GetHistory:
                Sender.Tell(new History(_history.ToArray(), LastSequenceNr));
                break;
            case string text:
                Persist(Record(text, isSnapshot: false), stored => Confirm(stored, sender));
                break;
            case string[] pieces:
                PersistAll(pieces.Select(piece => Record(piece, isSnapshot: true)), stored => Confirm(stored, sender));
                break;
            case DeleteTo delete:
                DeleteMessages(delete.SequenceNr);
                break;
            case DeleteMessagesSuccess:
                _watcher.Tell(message);
                break;
            case Store store:
                Persist(store.Event, stored => Confirm(stored, sender));
                break;
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Fail(cause);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        _watcher.Tell(new Rejected(cause));

    protected override void OnRecoveryFailure(Exception reason, object? message = null) => Fail(reason);

    private void Fail(Exception cause)
    {
        FailureOf(Self);
        Failures[Self].TrySetResult(cause);
        _watcher.Tell(new Failed(PersistenceId, cause));
    }

    private static JournalRecord Record(string text, bool isSnapshot) => new(Encoding.UTF8.GetBytes(text), isSnapshot);

    private void Confirm(object stored, IActorRef sender)
    {
        Apply(stored);
        sender.Tell(new Stored(PersistenceId, LastSequenceNr));
    }

    private void Apply(object stored) => _history.Add(stored is JournalRecord record
        ? Encoding.UTF8.GetString(record.Payload.Span) + (record.IsSnapshot ? "!" : string.Empty)
        : stored.ToString()!);

    public sealed record GetHistory;

    public sealed record History(string[] Events, long SequenceNr);

    public sealed record DeleteTo(long SequenceNr);

    public sealed record Store(object Event);

    public sealed record Stored(string PersistenceId, long SequenceNr);

    public sealed record Failed(string PersistenceId, Exception Cause);

    public sealed record Rejected(Exception Cause);
}
