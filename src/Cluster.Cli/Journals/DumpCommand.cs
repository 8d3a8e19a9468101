using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;
using Cluster.Journal;
using Cluster.Journal.Inspection;

namespace Cluster.Cli.Journals;

/// <summary>Shows what a journal has of all entities, or of one.</summary>
internal static class DumpCommand
{
    private const string Description = """
        Without ENTITY: one line for each entity of a journal. With ENTITY: each entry of its history that a recovery reads,
        with the events in it. Secrets of processes and segments are not shown.

        Examples:
          ipc journal dump journal.db
          ipc journal dump journal.db queue 0 --json
          ipc journal dump journal.db 1/1/0
        """;

    public static Command Create(Globals globals)
    {
        var journal = JournalCommand.Argument();
        var entity = new Argument<string[]>("ENTITY")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "Such as queue 0, shmem 0 extent 1, queue 0 namespace 2, directory queue, process 7, or the id "
                + "KIND/NAMESPACE/NUMBER in the journal [default: all]",
        };
        var command = new Command("dump", Description) { journal, entity };
        JournalCommand.Run(globals, command, async (parsed, cancelled) =>
        {
            var words = parsed.GetValue(entity) ?? [];
            string? id = null;
            if (words.Length > 0 && !EntityWords.TryRead(words, out id))
                throw new UsageException($"ENTITY: '{string.Join(' ', words)}' is not {EntityWords.Expected}");
            using var snapshot = JournalSnapshot.Open(parsed.GetRequiredValue(journal));
            var json = globals.Json(parsed);
            var faults = new List<JournalFault>();
            if (id is null) await ListAsync(globals, snapshot, faults.Add, json, cancelled);
            else await ShowAsync(globals, snapshot, id, faults.Add, json, cancelled);
            await globals.Out.FlushAsync(CancellationToken.None);
            foreach (var fault in faults) await globals.Error.WriteLineAsync($"ipc: {fault}");
            if (faults.Count > 0) throw new FailedException(null);
        });
        return command;
    }

    private static async Task ListAsync(
        Globals globals, JournalSnapshot snapshot, Action<JournalFault> fault, bool json, CancellationToken cancelled)
    {
        var rows = new List<(string Id, JsonObject Values)>();
        new JournalReader(snapshot, fault).Read(history => rows.Add((history.Id, Of(history))), cancelled);
        if (!json) await globals.Out.WriteLineAsync(Line("ENTITY", "ID", "FIRST", "LAST", "RECORDS", "BYTES", "WHERE"));
        foreach (var (_, values) in rows.OrderBy(row => Order(row.Id)))
        {
            await globals.Out.WriteLineAsync(json
                ? JsonOutput.Line(values)
                : Line([.. values.Select(pair => pair.Value is { } value ? value.ToString() : "-")]));
        }
    }

    private static async Task ShowAsync(
        Globals globals,
        JournalSnapshot snapshot,
        string id,
        Action<JournalFault> fault,
        bool json,
        CancellationToken cancelled)
    {
        EntityHistory? found = null;
        new JournalReader(snapshot, fault, id).Read(history => found = history, cancelled);
        if (found is null) throw new FailedException($"the journal has nothing of {EntityWords.Show(id)} ({id})");
        var decoder = new RecordJson();
        var isEntity = EntityIds.TryParse(id, out _);
        foreach (var entry in found.Entries)
        {
            var content = isEntity ? decoder.Decode(entry) : null;
            var values = new JsonObject
            {
                ["number"] = entry.SequenceNr,
                ["where"] = found.PlaceOf(entry),
                ["kind"] = Word(entry.Kind),
                ["bytes"] = entry.Payload.Length,
            };
            var words = string.Join("  ", values.Select(pair => pair.Value));
            values["content"] = content is null ? null : JsonNode.Parse(content);
            await globals.Out.WriteLineAsync(json ? JsonOutput.Line(values) : $"{words} bytes  {content}".TrimEnd());
        }

        if (found.IsEnded && !json) await globals.Out.WriteLineAsync($"ended: everything up to {found.Last} was deleted");
    }

    private static JsonObject Of(EntityHistory history) => new()
    {
        ["entity"] = EntityWords.Show(history.Id),
        ["id"] = history.Id,
        ["first"] = history.Entries.Count > 0 ? history.Entries[0].SequenceNr : null,
        ["last"] = history.Last,
        ["records"] = history.Entries.Count,
        ["bytes"] = history.Bytes,
        ["where"] = (history.InSegments, history.InLog) switch
        {
            (true, true) => "segments, log",
            (true, false) => "segments",
            _ => "log",
        } + (history.IsEnded ? ", ended" : "") + (history.IsReadable ? "" : ", lost"),
    };

    private static string Word(LogEntryKind kind) => kind switch
    {
        LogEntryKind.Record => "record",
        LogEntryKind.End => "end",
        _ => "snapshot",
    };

    private static (int Kind, ulong Namespace, long Id, string Text) Order(string id) =>
        EntityIds.TryParse(id, out var key)
            ? ((int)key.Kind, key.Namespace, key.Id, id)
            : (int.MaxValue, 0, 0, id);

    private static string Line(params string[] cells) =>
        $"{cells[0],-28} {cells[1],-18} {cells[2],8} {cells[3],8} {cells[4],8} {cells[5],10}  {cells[6]}";
}
