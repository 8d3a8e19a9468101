namespace Cluster.Journal.Inspection;

/// <summary>What the journal has of an entity.</summary>
/// <param name="Id">The entity.</param>
/// <param name="Entries">
/// The entries that a recovery reads, in order; if it cannot be read: all readable ones, each once.
/// </param>
/// <param name="Last">The number of the last entry, deleted ones included.</param>
/// <param name="InSegments">Whether a segment has entries of it.</param>
/// <param name="InLog">Whether the log has entries of it that count.</param>
/// <param name="IsReadable">Whether a recovery can read it.</param>
/// <param name="PlaceOf">Where an entry is stored.</param>
internal sealed record EntityHistory(
    string Id,
    IReadOnlyList<LogEntry> Entries,
    long Last,
    bool InSegments,
    bool InLog,
    bool IsReadable,
    Func<LogEntry, string> PlaceOf)
{
    /// <summary>Whether the history was deleted, and nothing came after that.</summary>
    public bool IsEnded => IsReadable && Entries.Count == 0;

    /// <summary>The payload of the entries, in bytes.</summary>
    public long Bytes => Entries.Sum(entry => (long)entry.Payload.Length);
}
