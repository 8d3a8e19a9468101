using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Read;

/// <summary>
/// Turns rows into the events that an actor is replayed. A <see cref="JournalRecord"/> wraps the bytes of its row. Any
/// other payload goes through Akka's serialization, as in the package.
/// </summary>
internal sealed class RowDecoder(ActorSystem system)
{
    private readonly Serialization _serialization = system.Serialization;

    /// <summary>The event, as the actor receives it.</summary>
    public IPersistentRepresentation Decode(string persistenceId, in JournalRow row) => new Persistent(
        row.Identifier == JournalRecordSerializer.SerializerId
            ? JournalRecordSerializer.Decode(row.Message.ToArray(), row.Manifest)
            : _serialization.Deserialize(row.Message.ToArray(), row.Identifier, row.Manifest),
        row.SequenceNr,
        persistenceId,
        row.Manifest,
        isDeleted: false,
        ActorRefs.NoSender,
        row.WriterUuid,
        row.Created);
}
