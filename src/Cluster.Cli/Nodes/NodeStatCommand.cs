using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Nodes;

/// <summary>Shows the counters of a node.</summary>
internal static class NodeStatCommand
{
    public static Command Create(Globals globals)
    {
        var command = new Command("stat", "Show what the node does. Example: ipc stat --json");
        globals.Run(command, async (ipc, parsed, cancelled) =>
            await globals.Out.WriteLineAsync(Of(await ipc.StatAsync(cancelled)).Show(globals.Json(parsed))));
        return command;
    }

    private static JsonObject Of(NodeStatus stat) => new()
    {
        ["node"] = stat.Node,
        ["version"] = stat.Version,
        ["uptime_ms"] = stat.UptimeMs,
        ["journal"] = stat.Journal,
        ["sessions"] = stat.Sessions,
        ["entities"] = stat.Entities,
        ["calls"] = stat.Calls,
        ["results"] = stat.Results,
        ["parked"] = stat.Parked,
        ["journal_rows"] = stat.JournalRows,
        ["journal_bytes"] = stat.JournalBytes,
        ["journal_commits"] = stat.JournalCommits,
        ["journal_commit_us"] = Math.Round(stat.JournalCommitUs, 1),
    };
}
