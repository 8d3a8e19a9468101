using Akka.Actor;
using Akka.Persistence;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Read;

/// <summary>The request of one recovering actor, and how much of its history was sent to it.</summary>
internal sealed class RecoveryRequest : IJournalWork
{
    private readonly ReplayMessages _message;
    private readonly RowDecoder _decoder;
    private readonly Func<IPersistentRepresentation, IEnumerable<IPersistentRepresentation>> _adapt;
    private long _highest;
    private long _delivered;

    public RecoveryRequest(
        ReplayMessages message,
        RowDecoder decoder,
        Func<IPersistentRepresentation, IEnumerable<IPersistentRepresentation>> adapt)
    {
        _message = message;
        _decoder = decoder;
        _adapt = adapt;
    }

    public string PersistenceId => _message.PersistenceId;

    /// <summary>
    /// The first sequence number to read. There is no upper bound, because the last row holds the highest sequence
    /// number.
    /// </summary>
    public long FromSequenceNr => _message.FromSequenceNr;

    public bool IsDone { get; private set; }

    /// <summary>Whether an event was already sent. Such a request cannot be served a second time.</summary>
    public bool IsTouched => _delivered > 0;

    public int Rows => 1;

    public long Bytes => 0;

    /// <summary>
    /// Sends the event of one row to the actor. A row that the package has marked as deleted only counts for the
    /// highest sequence number.
    /// </summary>
    public void Deliver(in JournalRow row, byte[] message, bool isDeleted)
    {
        _highest = Math.Max(_highest, row.SequenceNr);
        if (IsDone || isDeleted || row.SequenceNr > _message.ToSequenceNr || _delivered >= _message.Max) return;
        try
        {
            var item = _decoder.Decode(PersistenceId, row, message);
            _delivered++;
            if (item.Payload is JournalRecord) Send(item);
            else
                foreach (var adapted in _adapt(item)) Send(adapted);
        }
        catch (Exception e)
        {
            // An unreadable event stops only this recovery.
            Fail(e);
        }
    }

    /// <summary>The history is complete: the actor starts.</summary>
    public void Complete()
    {
        if (IsDone) return;
        IsDone = true;
        _message.PersistentActor.Tell(new RecoverySuccess(_highest), ActorRefs.NoSender);
    }

    /// <summary>The history could not be read: the actor stops.</summary>
    public void Fail(Exception cause)
    {
        if (IsDone) return;
        IsDone = true;
        _message.PersistentActor.Tell(new ReplayMessagesFailure(cause), ActorRefs.NoSender);
    }

    private void Send(IPersistentRepresentation item) =>
        _message.PersistentActor.Tell(new ReplayedMessage(item), ActorRefs.NoSender);
}
