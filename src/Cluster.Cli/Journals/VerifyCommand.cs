using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;
using Cluster.Journal.Inspection;

namespace Cluster.Cli.Journals;

/// <summary>Checks every row of a journal, and the history of every entity.</summary>
internal static class VerifyCommand
{
    private const string Description = """
        Read a journal once and check each row and the history of each entity. One line for each fault names the row, what
        is wrong and what to do.

        Example: ipc journal verify sqlite:/var/lib/cluster/journal.db
        """;

    public static Command Create(Globals globals)
    {
        var journal = JournalCommand.Argument();
        var command = new Command("verify", Description) { journal };
        JournalCommand.Run(globals, command, (parsed, cancelled) =>
            RunAsync(globals, parsed.GetRequiredValue(journal), globals.Json(parsed), cancelled));
        return command;
    }

    /// <summary>Checks a journal, and shows what it has and what is wrong.</summary>
    /// <exception cref="FailedException">It is not sound, which has been shown.</exception>
    public static async Task RunAsync(Globals globals, JournalPlace place, bool json, CancellationToken cancelled)
    {
        using var snapshot = JournalSnapshot.Open(place);
        var report = JournalReport.Of(snapshot, cancelled);
        var values = new JsonObject
        {
            ["journal"] = place.ToString(),
            ["writers"] = report.Writers,
            ["commits"] = report.Commits,
            ["leftovers"] = report.Leftovers,
            ["segments"] = report.Segments,
            ["entities"] = report.Entities,
            ["records"] = report.Records,
            ["bytes"] = report.Bytes,
        };
        if (json)
        {
            values["sound"] = report.Faults.Count == 0;
            values["faults"] = new JsonArray([.. report.Faults.Select(ToJson)]);
            await globals.Out.WriteLineAsync(JsonOutput.Line(values));
        }
        else
        {
            foreach (var fault in report.Faults) await globals.Out.WriteLineAsync(fault.ToString());
            await globals.Out.WriteLineAsync(values.Show(json: false));
            await globals.Out.WriteLineAsync(report.Faults.Count == 0
                ? "The journal is sound."
                : $"The journal is not sound: {Words.Count(report.Faults.Count, "fault", "faults")}.");
        }

        if (report.Faults.Count > 0) throw new FailedException(null);
    }

    private static JsonNode ToJson(JournalFault fault) => new JsonObject
    {
        ["row"] = fault.Row,
        ["fault"] = fault.What,
        ["advice"] = fault.Advice,
    };
}
