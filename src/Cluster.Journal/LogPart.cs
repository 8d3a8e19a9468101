namespace Cluster.Journal;

/// <summary>Successive entries of one entity that one commit wrote.</summary>
/// <param name="Entries">The bytes of the entries.</param>
/// <param name="First">The number of the first one.</param>
/// <param name="Last">The number of the last one.</param>
/// <param name="Kind">The kind of the first one.</param>
internal readonly record struct LogPart(ReadOnlyMemory<byte> Entries, long First, long Last, LogEntryKind Kind)
{
    /// <summary>Whether the entity needs no entry before these.</summary>
    public bool StartsAnew => Kind is LogEntryKind.SnapshotStart or LogEntryKind.End;

    /// <summary>Reads the numbers out of the entries.</summary>
    /// <exception cref="JournalDamagedException">They are no entries that follow each other.</exception>
    public static LogPart Of(ReadOnlyMemory<byte> bytes)
    {
        var entries = new List<LogEntry>();
        LogEntry.ReadAll(bytes, entries);
        if (entries.Count == 0) throw new JournalDamagedException("an entity in it has no entries");
        for (var i = 1; i < entries.Count; i++)
        {
            if (entries[i].SequenceNr != entries[i - 1].SequenceNr + 1)
                throw new JournalDamagedException("the entries of an entity in it do not follow each other");
        }

        return new LogPart(bytes, entries[0].SequenceNr, entries[^1].SequenceNr, entries[0].Kind);
    }
}
