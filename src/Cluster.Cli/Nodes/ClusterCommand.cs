using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Operating;
using Cluster.Cli.Output;

namespace Cluster.Cli.Nodes;

/// <summary>Shows the nodes of the cluster, and has one leave or gives it up.</summary>
internal static class ClusterCommand
{
    private const string Description = """
        Show the nodes of the cluster: who they are, how they are, and what each of them has.

        Examples:
          ipc cluster
          ipc cluster --json
          ipc cluster leave 127.0.0.1:4053
        """;

    private const string LeaveDescription = """
        Have a node hand over what it has and end, and wait until it has. Only for uid 0.
        NODE is its HOST:PORT, its gateway's URL, or a part that no other node has.

        Example: ipc cluster leave 4053 --timeout 1m
        """;

    private const string DownDescription = """
        Give a node up that is lost: what it had starts elsewhere. Only for uid 0. For nodes that are well there is
        leave.

        Example: ipc cluster down 4053
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static Command Create(Globals globals)
    {
        var command = new Command("cluster", Description)
        {
            Leave(globals), Down(globals), RebalanceCommand.Create(globals), OwnerCommand.Create(globals),
        };
        globals.RunOperation(command, async (operations, parsed, cancelled) =>
        {
            var reply = await operations.MembersAsync(cancelled);
            if (globals.Json(parsed))
            {
                await globals.Out.WriteLineAsync(JsonOutput.Line(MembersFormat.Json(reply)));
                return;
            }

            var rows = reply.Members.Select(MembersFormat.Cells).ToAsyncEnumerable();
            await new LsipcTable(globals.Out, MembersFormat.Columns).WriteAsync(rows);
            await globals.Out.WriteLineAsync(MembersFormat.Totals(reply));
        });
        return command;
    }

    private static Command Leave(Globals globals)
    {
        var (node, timeout) = (Node(), Timeout());
        var command = new Command("leave", LeaveDescription) { node, timeout };
        globals.RunOperation(command, (operations, parsed, cancelled) => SendAwayAsync(
            globals, parsed, operations, parsed.GetValue(node)!, "leave", parsed.GetValue(timeout) ?? Patience,
            address => operations.LeaveAsync(address, cancelled), cancelled));
        return command;
    }

    private static Command Down(Globals globals)
    {
        var (node, timeout) = (Node(), Timeout());
        var yes = new Option<bool>("--yes", "-y")
        {
            Description = "Although the node can be reached: its process ends, and its clients go elsewhere",
        };
        var command = new Command("down", DownDescription) { node, yes, timeout };
        globals.RunOperation(command, (operations, parsed, cancelled) => SendAwayAsync(
            globals, parsed, operations, parsed.GetValue(node)!, "down", parsed.GetValue(timeout) ?? Patience,
            async address =>
            {
                try
                {
                    await operations.DownAsync(address, parsed.GetValue(yes), cancelled);
                }
                catch (IpcException exception) when (exception.Errno == Errno.EBUSY)
                {
                    throw new FailedException($"{exception.Message}. Add --yes if it is to be given up all the same");
                }
            }, cancelled));
        return command;
    }

    private static async Task SendAwayAsync(
        Globals globals, ParseResult parsed, IOperations operations, string name, string call, TimeSpan timeout,
        Func<string, Task> order, CancellationToken cancelled)
    {
        var members = (await operations.MembersAsync(cancelled)).Members;
        var member = MemberNames.Find(members, name);
        var departure = new Departure(operations, globals, member, quiet: globals.Json(parsed));
        var since = globals.Time.GetTimestamp();
        await order(member.Address);
        departure.Begin(members);
        var left = await departure.WaitAsync(call, timeout, cancelled);
        var elapsed = globals.Time.GetElapsedTime(since);
        if (globals.Json(parsed))
        {
            var done = new JsonObject
            {
                ["node"] = member.Address, ["removed_ms"] = (long)elapsed.TotalMilliseconds, ["members"] = left,
            };
            await globals.Out.WriteLineAsync(JsonOutput.Line(done));
            return;
        }

        await globals.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{member.Address} is removed after {elapsed.TotalSeconds:F1} s; "
            + $"{Words.Count(left, "member is", "members are")} left"));
    }

    private static Argument<string> Node()
    {
        var node = new Argument<string>("NODE")
        {
            Description = "The node: its HOST:PORT, its gateway's URL, or a part that no other node has",
        };
        // An empty name, perhaps of a shell variable that is not set, would be a part of every name.
        node.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && string.IsNullOrWhiteSpace(token.Value))
                result.AddError("NODE: it is empty: name a node, such as 127.0.0.1:4053");
        });
        return node;
    }

    private static Option<TimeSpan?> Timeout() => CommonOptions.Timeout(" until the node is removed", "1m");
}
