using System.Text;
using System.Text.Json;
using Cluster.Actors.Tests.Journal;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>An operator and a cluster of three real nodes, with one PostgreSQL.</summary>
public sealed class ClusterTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private TaskCompletionSource? _next;

    [SkippableFact]
    public async Task The_calls_of_a_leaving_node_are_served_by_the_others()
    {
        postgres.Require();
        var journal = await postgres.CreateDatabaseAsync();
        var seed = $"127.0.0.1:{NodeProcess.FreePort()}";
        await using var first = await NodeProcess.StartAsync("--journal", journal, "--remote", seed, "--role", "front");
        await using var second = await NodeProcess.StartAsync("--journal", journal, "--seed-nodes", seed);
        await using var third = await NodeProcess.StartAsync("--journal", journal, "--seed-nodes", seed);
        await using var client = await IpcClient.ConnectAsync(new IpcClientOptions
        {
            Addresses = [third.Address, second.Address, first.Address], Uid = 0, Gid = 0,
            ConnectTimeout = Patience, Lease = Patience,
        });
        using var stop = new CancellationTokenSource();
        var works = new TaskCompletionSource();
        var working = WorkAsync(client, works, stop.Token);
        await works.Task.WaitAsync(Patience);

        var members = await MembersAsync(first);
        Assert.Equal(3, members.GetArrayLength());
        Assert.All(members.EnumerateArray(), member => Assert.Equal("up", member.GetProperty("status").GetString()));
        var leaver = Find(members, "gateway", third.Address);
        var mine = Find(members, "address", seed);
        Assert.Equal("front", Assert.Single(mine.GetProperty("roles").EnumerateArray()).GetString());
        Assert.True(mine.GetProperty("oldest").GetBoolean());

        var refused = await CliProcess.RunAsync(first.Address, "cluster", "leave", third.Address, "--uid", "1000");
        Assert.Equal(1, refused.ExitCode);
        var left = await CliProcess.RunAsync(
            third.Address, "cluster", "leave", leaver.GetProperty("address").GetString()!, "--uid", "0");
        Assert.Equal(("", 0), (left.Error, left.ExitCode));
        Assert.Contains("2 members are left", left.Output, StringComparison.Ordinal);
        Assert.Equal(0, await third.EndsAsync());
        Assert.Equal(2, (await MembersAsync(second)).GetArrayLength());

        // The clients continue for a while without the node, and no call failed meanwhile.
        works = new TaskCompletionSource();
        Volatile.Write(ref _next, works);
        await Task.WhenAny(works.Task, working).WaitAsync(Patience);
        await stop.CancelAsync();
        Assert.InRange(await working.WaitAsync(Patience), 1, int.MaxValue);
    }

    private async Task<int> WorkAsync(IpcClient client, TaskCompletionSource first, CancellationToken stop)
    {
        Volatile.Write(ref _next, first);
        var queues = new List<IMessageQueue>();
        for (var i = 0; i < 8; i++) queues.Add(await client.MessageQueues.CreateAsync());
        var rounds = 0;
        for (; !stop.IsCancellationRequested; rounds++)
        {
            foreach (var queue in queues)
            {
                await queue.SendAsync(1, Encoding.UTF8.GetBytes($"{rounds}"));
                var message = await queue.ReceiveAsync();
                Assert.Equal($"{rounds}", Encoding.UTF8.GetString(message.Text.Span));
            }

            Interlocked.Exchange(ref _next, null)?.TrySetResult();
        }

        return rounds;
    }

    private static JsonElement Find(JsonElement members, string name, string value) =>
        members.EnumerateArray().Single(member => member.GetProperty(name).GetString() == value);

    private static async Task<JsonElement> MembersAsync(NodeProcess node)
    {
        var run = await CliProcess.RunAsync(node.Address, "cluster", "--json");
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("members");
    }
}
