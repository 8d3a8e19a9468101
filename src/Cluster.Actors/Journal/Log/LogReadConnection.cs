using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal.Log;

/// <summary>
/// Reads histories: from the segments, from the part of the log that is in memory, and from the package's table.
/// </summary>
/// <param name="index">What is in memory.</param>
/// <param name="database">One connection.</param>
/// <param name="groups">The groups of persistence ids.</param>
/// <param name="salt">The salt of the journal, once it is open.</param>
/// <param name="claims">Claims groups.</param>
/// <param name="onDamage">Told what is damaged. Only the actor that needs it stops.</param>
internal sealed class LogReadConnection(
    LogIndex index,
    ILogReader database,
    IFenceGroups groups,
    Func<uint> salt,
    LogClaims claims,
    Action<string> onDamage) : IReadConnection
{
    public void Read(List<RecoveryRequest> batch)
    {
        var own = batch.Where(request => groups.Of(request.PersistenceId) is not null).ToList();
        if (!claims.TryClaim(own.Select(request => groups.Of(request.PersistenceId)!).ToHashSet(), Adopt))
        {
            // Their actors start again with the next message, on the node that has them then.
            foreach (var request in own.Where(request => !index.IsTaken(groups.Of(request.PersistenceId)!)))
                request.Fail(new JournalUnavailableException("another node has claimed the entity in the meantime"));
        }

        var histories = batch.ConvertAll(_ => new List<LogEntry>());
        var rows = ReadTable(batch, histories);
        ReadLog(batch, histories, rows);
    }

    public void Dispose() => database.Dispose();

    // Only ids without a group, and in journals of the package's kind also others, have rows in its table.
    private Dictionary<(int Request, long Number), TableRow> ReadTable(
        List<RecoveryRequest> batch, List<List<LogEntry>> histories)
    {
        var rows = new Dictionary<(int, long), TableRow>();
        var places = Enumerable.Range(0, batch.Count).Where(place =>
            groups.Of(batch[place].PersistenceId) is not { } group || group == batch[place].PersistenceId).ToArray();
        if (places.Length == 0) return rows;
        database.ReadTable(places.Select(place => batch[place]).ToArray(), (i, row) =>
        {
            var number = row.Row.SequenceNr;
            rows[(places[i], number)] = row;
            histories[places[i]].Add(new LogEntry(
                row.IsDeleted ? LogEntryKind.End
                : row.Row.Identifier == JournalRecordSerializer.SerializerId
                    && row.Row.Manifest == JournalRecordSerializer.SnapshotManifest ? LogEntryKind.SnapshotStart
                : LogEntryKind.Record, number, default));
        });
        return rows;
    }

    private void ReadLog(
        List<RecoveryRequest> batch,
        List<List<LogEntry>> histories,
        Dictionary<(int Request, long Number), TableRow> rows)
    {
        // The index before the segments: what goes from one to the other in between is read twice, and not missed.
        for (var i = 0; i < batch.Count; i++)
        {
            foreach (var part in index.Collect(batch[i].PersistenceId).OrderBy(part => part.First))
                LogEntry.ReadAll(part.Entries, histories[i]);
        }

        var current = 0;
        database.ReadSegments(batch.ConvertAll(request => request.PersistenceId), (i, segment) =>
        {
            for (; current < i; current++) Deliver(batch[current], histories[current], current, rows);
            if (batch[i].IsDone) return;
            try
            {
                segment.Read(salt(), histories[i]);
            }
            catch (JournalDamagedException damaged)
            {
                Fail(batch[i], damaged);
            }
        });
        for (; current < batch.Count; current++) Deliver(batch[current], histories[current], current, rows);
    }

    private void Deliver(
        RecoveryRequest request,
        List<LogEntry> entries,
        int place,
        Dictionary<(int Request, long Number), TableRow> rows)
    {
        if (request.IsDone) return;
        try
        {
            var isOfTable = rows.Count > 0 && entries.Exists(entry => rows.ContainsKey((place, entry.SequenceNr)));
            var last = isOfTable
                ? LogHistory.Order(entries)
                : LogHistory.Assemble(request.PersistenceId, entries);
            foreach (var entry in entries)
            {
                if (isOfTable && rows.TryGetValue((place, entry.SequenceNr), out var row)) request.Deliver(row);
                else if (entry.Kind is not LogEntryKind.End)
                    request.Deliver(entry.SequenceNr, entry.Payload, entry.Kind is not LogEntryKind.Record);
            }

            if (request.IsDone) return;
            request.Reached(last);
            index.Recovered(request.PersistenceId, last);
            request.Complete();
        }
        catch (JournalDamagedException damaged)
        {
            Fail(request, damaged);
        }

        entries.Clear();
    }

    private void Fail(RecoveryRequest request, JournalDamagedException damaged)
    {
        onDamage(damaged.Message);
        request.Fail(damaged);
    }

    private void Adopt(IReadOnlySet<string> wanted)
    {
        var (number, sum) = (0L, 0u);
        long writer = 0;
        database.ReadLogs(index.Writers(), (head, at, body) =>
        {
            if (writer != head.Writer) (writer, number, sum) = (head.Writer, head.Number, head.Sum);
            var commit = LogCommit.Open(at, body, salt());
            commit.Follows(number, sum);
            (number, sum) = (commit.Number, commit.Sum);
            commit.ForEach((id, entries) =>
            {
                if (groups.Of(id) is { } group && wanted.Contains(group)) index.Adopt(id, LogPart.Of(entries));
            });
        });
    }
}
