using System.Globalization;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Operating;

/// <summary>Watches a node go, through the nodes that stay.</summary>
internal sealed class Departure(IOperations operations, Globals globals, MemberView member, bool quiet)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private bool _isLast;

    /// <summary>Who is asked from now on: not the node that goes.</summary>
    public void Begin(IEnumerable<MemberView> members)
    {
        var others = members.Where(each => each.Address != member.Address).ToArray();
        _isLast = others.Length == 0;
        operations.Prefer(others.Where(each => each.Figures is not null).Select(each => each.Figures.Gateway));
    }

    /// <summary>Waits until the node is no member any more; returns how many members are left.</summary>
    /// <exception cref="IpcException">ETIMEDOUT: it still is one.</exception>
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

    // The last node of all takes the answer with it; a node may be away for the moment in which the coordinator moves.
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
