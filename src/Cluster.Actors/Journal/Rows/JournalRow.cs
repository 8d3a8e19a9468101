namespace Cluster.Actors.Journal.Rows;

/// <summary>One row of the journal table, without the persistence id, which a request holds once.</summary>
/// <param name="SequenceNr">The place of the event in its actor's history, from 1.</param>
/// <param name="Created">The time of the write, in ticks of UTC, as in the package.</param>
/// <param name="Message">The serialized payload.</param>
/// <param name="Identifier">The id of the serializer that wrote it.</param>
/// <param name="Manifest">The type of the payload, as that serializer names it.</param>
/// <param name="WriterUuid">The incarnation of the actor that wrote the row.</param>
internal readonly record struct JournalRow(
    long SequenceNr,
    long Created,
    ReadOnlyMemory<byte> Message,
    int Identifier,
    string Manifest,
    string WriterUuid);
