using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Operating;

namespace Cluster.Cli.Nodes;

/// <summary>Waits, by asking the nodes that stay, until a node has left.</summary>
internal sealed class Departure(IOperations operations, Globals globals, MemberView member, bool quiet)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private bool _isLast;

    /// <summary>Asks the other nodes from now on, because the node itself will not answer.</summary>
    public void Begin(IEnumerable<MemberView> members)
    {
        var others = members.Where(each => each.Address != member.Address).ToArray();
        _isLast = others.Length == 0;
        operations.Prefer(others.Where(each => each.Figures is not null).Select(each => each.Figures.Gateway));
    }

    /// <summary>Waits until the node is no longer a member; returns the number of members left.</summary>
    /// <exception cref="IpcException">ETIMEDOUT: it is still a member.</exception>
    public async Task<int> WaitAsync(string call, TimeSpan? timeout, CancellationToken cancelled)
    {
        var since = globals.Time.GetTimestamp();
        var said = "";
        while (true)
        {
            var members = await PeekAsync(cancelled);
            var row = members?.FirstOrDefault(each => each.Address == member.Address && each.Uid == member.Uid);
            if (members is not null && row is null) return members.Count;
            if (row is not null && said != row.Status) await SayAsync(row, said = row.Status);
            if (globals.Time.GetElapsedTime(since) > timeout)
                throw new IpcException(Errno.ETIMEDOUT, call, $"{member.Address} is still {said}: it goes on");
            await Task.Delay(LookEvery, globals.Time, cancelled);
        }
    }

    // The last node of all cannot answer once it is gone. Other nodes may not answer while the coordinator moves.
    private async Task<IReadOnlyList<MemberView>?> PeekAsync(CancellationToken cancelled)
    {
        try
        {
            return (await operations.MembersAsync(cancelled)).Members;
        }
        catch (IpcConnectException)
        {
            return _isLast ? [] : null;
        }
    }

    private async Task SayAsync(MemberView row, string status)
    {
        if (quiet) return;
        var shards = (row.Figures?.Objects?.Shards ?? 0) + (row.Figures?.Processes?.Shards ?? 0);
        var left = shards > 0 ? string.Create(CultureInfo.InvariantCulture, $", has {shards} shards") : "";
        await globals.Out.WriteLineAsync($"{row.Address} is {status}{left}");
        await globals.Out.FlushAsync();
    }
}
