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
    /// Sends the event of one row of the package's table to the actor. A row that the package has marked as deleted only
    /// counts for the highest sequence number.
    /// </summary>
    public void Deliver(in TableRow row)
    {
        Reached(row.Row.SequenceNr);
        if (IsOver(row.Row.SequenceNr) || row.IsDeleted) return;
        try
        {
            var item = _decoder.Decode(PersistenceId, row.Row);
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

    /// <summary>Sends a record of the log to the actor.</summary>
    public void Deliver(long sequenceNr, ReadOnlyMemory<byte> payload, bool isSnapshot)
    {
        Reached(sequenceNr);
        if (IsOver(sequenceNr)) return;
        _delivered++;
        Send(new Persistent(
            new JournalRecord(payload, isSnapshot), sequenceNr, PersistenceId, sender: ActorRefs.NoSender));
    }

    /// <summary>The history goes up to this number at least.</summary>
    public void Reached(long sequenceNr) => _highest = Math.Max(_highest, sequenceNr);

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

    private bool IsOver(long sequenceNr) =>
        IsDone || sequenceNr < FromSequenceNr || sequenceNr > _message.ToSequenceNr || _delivered >= _message.Max;

    private void Send(IPersistentRepresentation item) =>
        _message.PersistentActor.Tell(new ReplayedMessage(item), ActorRefs.NoSender);
}
