using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Operating;
using Cluster.Cli.Output;

namespace Cluster.Cli.Nodes;

/// <summary>Gives every node its share of the shards at once.</summary>
internal static class RebalanceCommand
{
    private const string Description = """
        Give every node its share of the shards at once, and show how many each had and has. Nodes that join get their
        share by themselves in some seconds; this moves all of it in one round. Only for uid 0.

        Example: ipc cluster rebalance
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public static Command Create(Globals globals)
    {
        var timeout = CommonOptions.Timeout(" until shares are even", "30s");
        var command = new Command("rebalance", Description) { timeout };
        globals.RunOperation(command, async (operations, parsed, cancelled) =>
        {
            var before = await operations.MembersAsync(cancelled);
            await operations.RebalanceAsync(cancelled);
            var after = await WaitAsync(
                globals, operations, before, parsed.GetValue(timeout) ?? Patience, cancelled);
            await ShowAsync(globals, globals.Json(parsed), before, after);
            if (!IsEven(before, after))
                throw new IpcException(Errno.ETIMEDOUT, "rebalance", "shares are not even yet: it goes on");
        });
        return command;
    }

    private static async Task<MembersReply> WaitAsync(
        Globals globals, IOperations operations, MembersReply before, TimeSpan timeout, CancellationToken cancelled)
    {
        var since = globals.Time.GetTimestamp();
        while (true)
        {
            var now = await operations.MembersAsync(cancelled);
            if (IsEven(before, now) || globals.Time.GetElapsedTime(since) > timeout) return now;
            await Task.Delay(LookEvery, globals.Time, cancelled);
        }
    }

    // A shard that moves is on no node. So shares are even only when no shard is missing any more.
    private static bool IsEven(MembersReply before, MembersReply now) =>
        IsEven(before, now, figures => figures?.Objects) && IsEven(before, now, figures => figures?.Processes);

    private static bool IsEven(MembersReply before, MembersReply now, Func<NodeFigures?, ShardFigures?> of)
    {
        var (had, has) = (Shares(before), Shares(now));
        return has.Length == 0 || (has.Max() - has.Min() <= 1 && has.Sum() >= had.Sum());

        int[] Shares(MembersReply reply) =>
            [.. reply.Members.Where(member => member.Status == "up").Select(member => of(member.Figures)?.Shards ?? 0)];
    }

    private static async Task ShowAsync(Globals globals, bool json, MembersReply before, MembersReply after)
    {
        var rows = after.Members.Select(member =>
            (Before: before.Members.FirstOrDefault(each => each.Address == member.Address), After: member));
        if (json)
        {
            var nodes = rows.Select(row => new JsonObject
            {
                ["address"] = row.After.Address,
                ["before"] = MembersFormat.ShardsJson(row.Before),
                ["after"] = MembersFormat.ShardsJson(row.After),
            });
            await globals.Out.WriteLineAsync(JsonOutput.Line(new JsonArray([.. nodes])));
            return;
        }

        await new LsipcTable(globals.Out, MembersFormat.ShardColumns).WriteAsync(rows
            .Select(row => MembersFormat.ShardCells(row.After.Address, row.Before, row.After)).ToAsyncEnumerable());
    }
}
