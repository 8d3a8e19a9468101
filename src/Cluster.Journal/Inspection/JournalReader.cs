using System.Data.Common;
using System.Runtime.InteropServices;

namespace Cluster.Journal.Inspection;

/// <summary>
/// Reads a whole journal once and checks it. The log is in memory as a whole, and the segments of one entity at a time.
/// </summary>
/// <param name="snapshot">The journal.</param>
/// <param name="fault">Gets each fault.</param>
/// <param name="only">The entity that is of interest; null: all are. The log is read as a whole.</param>
internal sealed class JournalReader(JournalSnapshot snapshot, Action<JournalFault> fault, string? only = null)
{
    private readonly Dictionary<string, List<LogEntry>> _logged = [];
    private readonly Dictionary<byte[], string> _places = [];
    private uint _salt;

    /// <summary>The writers.</summary>
    public int Writers { get; private set; }

    /// <summary>The rows of the log.</summary>
    public long Commits { get; private set; }

    /// <summary>The rows of the log whose entries are all in segments: the next compaction removes them.</summary>
    public long Leftovers { get; private set; }

    /// <summary>The rows of journal_segment.</summary>
    public long Segments { get; private set; }

    /// <summary>The bytes of the log and of the segments.</summary>
    public long Bytes { get; private set; }

    /// <summary>Reads all of it, and calls back for the history of each entity.</summary>
    /// <exception cref="JournalUnreadableException">There is no journal of this format.</exception>
    public void Read(Action<EntityHistory> history, CancellationToken cancelled)
    {
        _salt = snapshot.ReadSalt();
        Try("journal_log", () => ReadLog(cancelled));
        Try("journal_segment", () => ReadSegments(history, cancelled));
        foreach (var (id, entries) in _logged.OrderBy(entity => entity.Key, StringComparer.Ordinal))
            Assemble(id, entries, inSegments: false, inLog: true, isReadable: true, history);
    }

    private void Try(string table, Action read)
    {
        try
        {
            read();
        }
        catch (DbException exception)
        {
            fault(JournalFault.OfAll(table, $"the table cannot be read to its end: {exception.Message}"));
        }
    }

    private void ReadLog(CancellationToken cancelled)
    {
        var writers = snapshot.ReadWriters();
        Writers = writers.Length;
        var chains = writers.ToDictionary(writer => writer.Head.Writer, writer => new LogChain(writer, fault));
        foreach (var (number, body) in snapshot.ReadLog())
        {
            cancelled.ThrowIfCancellationRequested();
            Commits++;
            Bytes += body.Length;
            var writer = LogCommit.WriterOf(number);
            if (!chains.TryGetValue(writer, out var chain))
                chains.Add(writer, chain = new LogChain(writer, fault));
            var commit = Open(number, body);
            if (chain.Add(number, commit)) AddEntries(commit);
            else Leftovers++;
        }

        foreach (var chain in chains.Values) chain.End();
    }

    private LogCommit? Open(long number, byte[] body)
    {
        try
        {
            var commit = LogCommit.Open(number, body, _salt);
            commit.ForEach((_, entries) => LogPart.Of(entries));
            return commit;
        }
        catch (JournalDamagedException damaged)
        {
            // What is wrong with an entry does not name the commit.
            var commit = LogCommit.Describe(number);
            fault(JournalFault.OfAll(LogChain.Row(number), damaged.Message.StartsWith(commit, StringComparison.Ordinal)
                ? damaged.Message
                : $"{commit} cannot be understood: {damaged.Message}"));
            return null;
        }
    }

    private void AddEntries(LogCommit? commit)
    {
        commit?.ForEach((id, entries) =>
        {
            if (only is not null && id != only) return;
            if (!_logged.TryGetValue(id, out var logged)) _logged.Add(id, logged = []);
            LogEntry.ReadAll(entries, logged);
            if (MemoryMarshal.TryGetArray(entries, out var part))
                _places.TryAdd(part.Array!, LogCommit.Describe(commit.Value.Number));
        });
    }

    private void ReadSegments(Action<EntityHistory> history, CancellationToken cancelled)
    {
        string? current = null;
        var entries = new List<LogEntry>();
        var isReadable = true;
        foreach (var segment in snapshot.ReadSegments(only))
        {
            cancelled.ThrowIfCancellationRequested();
            if (current is not null && current != segment.Id) Deliver();
            current = segment.Id;
            Segments++;
            Bytes += segment.Body.Length;
            isReadable &= TryRead(segment, entries);
        }

        if (current is not null) Deliver();

        void Deliver()
        {
            var inLog = _logged.Remove(current!, out var logged);
            if (inLog) entries.InsertRange(0, logged!);
            Assemble(current!, entries, inSegments: true, inLog, isReadable, history);
            (entries, isReadable) = ([], true);
        }
    }

    private bool TryRead(LogSegment segment, List<LogEntry> entries)
    {
        var own = new List<LogEntry>();
        try
        {
            segment.Read(_salt, own);
            Check(segment, own);
        }
        catch (JournalDamagedException damaged)
        {
            var name = $"the segment {segment.First} to {segment.Last} of {segment.Id}";
            fault(JournalFault.OfEntity(
                $"journal_segment id='{segment.Id}' first={segment.First}",
                damaged.Message.StartsWith(name, StringComparison.Ordinal)
                    ? damaged.Message
                    : $"{name} cannot be understood: {damaged.Message}",
                segment.Id));
            return false;
        }

        entries.AddRange(own);
        if (only is not null) _places[segment.Body] = $"segment {segment.First}";
        return true;
    }

    private static void Check(LogSegment segment, List<LogEntry> entries)
    {
        if (entries.Count == 0) throw new JournalDamagedException("it has no entries");
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].SequenceNr != segment.First + i)
                throw new JournalDamagedException($"its entry {i + 1} has the number {entries[i].SequenceNr}");
        }

        if (entries[^1].SequenceNr != segment.Last)
            throw new JournalDamagedException($"its last entry has the number {entries[^1].SequenceNr}");
        // Only a row that is one end has this time.
        var isEnd = entries is [{ Kind: LogEntryKind.End }];
        if (segment.Ended is not null != isEnd)
        {
            throw new JournalDamagedException(isEnd
                ? "it says that the history was deleted, and has no time of that"
                : "it has a time of deletion, and entries");
        }
    }

    private void Assemble(
        string id,
        List<LogEntry> entries,
        bool inSegments,
        bool inLog,
        bool isReadable,
        Action<EntityHistory> history)
    {
        long last;
        try
        {
            // A fault in a segment was reported already. Its entries would be missing as well.
            last = isReadable ? LogHistory.Assemble(id, entries) : LogHistory.Order(entries);
        }
        catch (JournalDamagedException damaged)
        {
            fault(JournalFault.OfEntity($"entity {id}", damaged.Message, id));
            isReadable = false;
            last = LogHistory.Order(entries);
        }

        history(new EntityHistory(id, entries, last, inSegments, inLog, isReadable, PlaceOf));
    }

    private string PlaceOf(LogEntry entry) =>
        MemoryMarshal.TryGetArray(entry.Payload, out var part) && _places.TryGetValue(part.Array!, out var place)
            ? place
            : "segment";
}
