using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Tests.Entities;

/// <summary>
/// Stands before a <see cref="TestJournal"/>: tells a watcher of each row that is about to be written, and while it is
/// closed lets none through.
/// </summary>
internal sealed class WriteGate(IActorRef watcher) : IJournalInterceptor
{
    private TaskCompletionSource _open = Opened();

    /// <summary>Later writes wait.</summary>
    public void Close() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waiting and later writes are written.</summary>
    public void Open()
    {
        if (!_open.TrySetResult()) _open = Opened();
    }

    /// <summary>Waiting and later writes fail.</summary>
    public void Fail() => _open.TrySetException(new TestJournalFailureException());

    public Task InterceptAsync(IPersistentRepresentation message)
    {
        var open = _open.Task;
        watcher.Tell((JournalRecord)message.Payload, ActorRefs.NoSender);
        return open;
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }
}
