namespace Cluster.Core.Machines;

/// <summary>One write of an entity: rows that are written together or not at all.</summary>
/// <param name="Rows">The payloads of the rows, in order.</param>
/// <param name="IsSnapshot">Whether the rows are a whole snapshot, which replaces everything before them.</param>
/// <param name="Events">The number of events that the write makes durable.</param>
public readonly record struct JournalWrite(IReadOnlyList<ReadOnlyMemory<byte>> Rows, bool IsSnapshot, int Events);
