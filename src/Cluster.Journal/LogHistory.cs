namespace Cluster.Journal;

/// <summary>Puts the entries of an entity together that come from segments and from logs.</summary>
internal static class LogHistory
{
    /// <summary>
    /// Leaves the entries that the entity has to read, in order, each once. An entry may come several times: a crash
    /// in a compaction leaves it in both places, and two nodes may compact the same entry.
    /// </summary>
    /// <param name="id">The entity.</param>
    /// <param name="entries">All entries, in any order.</param>
    /// <returns>The number of the last entry, deleted ones included; 0: there never was one.</returns>
    /// <exception cref="JournalDamagedException">An entry is missing.</exception>
    public static long Assemble(string id, List<LogEntry> entries)
    {
        if (entries.Count == 0) return 0;
        var last = Order(entries);
        var start = entries.FindLastIndex(
            entry => entry.Kind is LogEntryKind.SnapshotStart or LogEntryKind.End);
        var isEnd = start >= 0 && entries[start].Kind is LogEntryKind.End;
        var expected = start < 0 ? 1 : entries[start].SequenceNr + (isEnd ? 1 : 0);
        entries.RemoveRange(0, isEnd ? start + 1 : Math.Max(start, 0));
        foreach (var entry in entries)
        {
            if (entry.SequenceNr != expected)
                throw new JournalDamagedException($"record {expected} of {id} is missing");
            expected++;
        }

        return last;
    }

    /// <summary>Puts entries in order and leaves one for each number. Returns the last number; 0: there are none.</summary>
    public static long Order(List<LogEntry> entries)
    {
        if (entries.Count == 0) return 0;
        var isOrdered = true;
        for (var i = 1; i < entries.Count && isOrdered; i++)
            isOrdered = entries[i].SequenceNr > entries[i - 1].SequenceNr;
        if (isOrdered) return entries[^1].SequenceNr;
        var ordered = entries.OrderBy(entry => entry.SequenceNr).ToArray();
        entries.Clear();
        foreach (var entry in ordered)
            if (entries.Count == 0 || entries[^1].SequenceNr != entry.SequenceNr) entries.Add(entry);
        return entries[^1].SequenceNr;
    }
}
