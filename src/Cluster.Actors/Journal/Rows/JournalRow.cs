namespace Cluster.Actors.Journal.Rows;

/// <summary>What one row of the journal table holds, besides the persistence id that a request carries once.</summary>
/// <param name="SequenceNr">The place of the event in its actor's history, from 1.</param>
/// <param name="Created">When it was written, in ticks of UTC, as the package does.</param>
/// <param name="Message">The serialized payload.</param>
/// <param name="Identifier">The id of the serializer that wrote it.</param>
/// <param name="Manifest">The type, in the words of that serializer.</param>
/// <param name="WriterUuid">Which incarnation of its actor wrote it.</param>
internal readonly record struct JournalRow(
    long SequenceNr,
    long Created,
    ReadOnlyMemory<byte> Message,
    int Identifier,
    string Manifest,
    string WriterUuid);
