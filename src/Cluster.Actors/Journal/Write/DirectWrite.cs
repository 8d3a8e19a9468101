using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Cluster.Actors.Journal.Write;

/// <summary>
/// One write request of a persistent actor, and the answers that Akka's journal protocol requires.
/// </summary>
internal sealed class DirectWrite(WriteMessages message, IActorRef journal)
{
    /// <summary>Whether the request holds only events: no tags, and no markers of deferred handlers.</summary>
    public static bool IsPossible(WriteMessages message)
    {
        foreach (var envelope in message.Messages)
        {
            if (envelope is not AtomicWrite write) return false;
            foreach (var item in Items(write))
            {
                if (item.Payload is Tagged) return false;
            }
        }

        return true;
    }

    /// <summary>Starts the write. The thread that ends the write also tells the actor.</summary>
    public void Begin(
        List<AtomicWrite> writes,
        Func<IEnumerable<AtomicWrite>, CancellationToken, Task<IImmutableList<Exception>>> store)
    {
        var stored = store(writes, CancellationToken.None);
        if (stored.IsCompleted) End(stored);
        else stored.ContinueWith(End, TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>Rejects all events, because they could not be prepared for the journal.</summary>
    public void Reject(Exception cause) =>
        Confirm(message.Messages.Select(_ => cause).ToImmutableList());

    private void End(Task<IImmutableList<Exception>> stored)
    {
        if (stored.IsCompletedSuccessfully) Confirm(stored.Result);
        else Fail(stored.Exception?.InnerException ?? new OperationCanceledException("The write was abandoned."));
    }

    private void Confirm(IImmutableList<Exception>? rejections)
    {
        message.PersistentActor.Tell(WriteMessagesSuccessful.Instance, journal);
        var index = 0;
        foreach (var write in message.Messages)
        {
            var rejection = rejections?[index++];
            foreach (var item in Items((AtomicWrite)write))
            {
                message.PersistentActor.Tell(
                    rejection is null
                        ? new WriteMessageSuccess(item, message.ActorInstanceId)
                        : new WriteMessageRejected(item, rejection, message.ActorInstanceId),
                    item.Sender);
            }
        }
    }

    private void Fail(Exception cause)
    {
        message.PersistentActor.Tell(new WriteMessagesFailed(cause, message.Messages.Count()), journal);
        foreach (var write in message.Messages)
        {
            foreach (var item in Items((AtomicWrite)write))
                message.PersistentActor.Tell(
                    new WriteMessageFailure(item, cause, message.ActorInstanceId), item.Sender);
        }
    }

    private static IImmutableList<IPersistentRepresentation> Items(AtomicWrite write) =>
        (IImmutableList<IPersistentRepresentation>)write.Payload;
}
