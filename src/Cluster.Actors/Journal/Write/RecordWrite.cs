using Akka.Actor;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Write;

/// <summary>
/// A write of one of the product's own actors: records that are stored together or not at all. The journal answers with
/// the same object when they are durable, and with <see cref="RecordWriteFailed"/> otherwise.
/// </summary>
/// <remarks>
/// Akka's protocol needs seven objects more for a record, and a message more to the actor. It is served as well.
/// </remarks>
/// <param name="PersistenceId">The actor's id in the journal.</param>
/// <param name="First">The sequence number of the first record.</param>
/// <param name="Records">The records.</param>
/// <param name="Actor">Who gets the answer.</param>
/// <param name="Instance">The incarnation of the actor: an answer to one before it does not count.</param>
internal sealed record RecordWrite(
    string PersistenceId, long First, JournalRecord[] Records, IActorRef Actor, int Instance)
    : INoSerializationVerificationNeeded;
