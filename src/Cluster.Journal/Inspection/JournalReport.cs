namespace Cluster.Journal.Inspection;

/// <summary>What a journal has, and what is wrong with it.</summary>
/// <param name="Writers">The writers.</param>
/// <param name="Commits">The rows of the log.</param>
/// <param name="Leftovers">Those of them whose entries are all in segments.</param>
/// <param name="Segments">The rows of journal_segment.</param>
/// <param name="Entities">The entities with entries, ended ones included.</param>
/// <param name="Records">The entries that recoveries of all entities read.</param>
/// <param name="Bytes">The bytes of the log and of the segments.</param>
/// <param name="Faults">What is wrong; empty: the journal is sound.</param>
internal sealed record JournalReport(
    int Writers,
    long Commits,
    long Leftovers,
    long Segments,
    long Entities,
    long Records,
    long Bytes,
    IReadOnlyList<JournalFault> Faults)
{
    /// <summary>Reads a whole journal once and checks all of it.</summary>
    /// <exception cref="JournalUnreadableException">There is no journal of this format.</exception>
    public static JournalReport Of(JournalSnapshot snapshot, CancellationToken cancelled)
    {
        var faults = new List<JournalFault>();
        foreach (var line in snapshot.FindDamage())
            faults.Add(JournalFault.OfAll("the file", $"its pages are damaged: {line}"));
        var reader = new JournalReader(snapshot, faults.Add);
        long entities = 0;
        long records = 0;
        reader.Read(history =>
        {
            entities++;
            if (history.IsReadable) records += history.Entries.Count;
        }, cancelled);
        return new JournalReport(reader.Writers, reader.Commits, reader.Leftovers, reader.Segments, entities, records,
            reader.Bytes, faults);
    }
}
