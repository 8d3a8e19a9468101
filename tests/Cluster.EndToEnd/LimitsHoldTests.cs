using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>A limit that was set and answered holds for the next call of every process on every node.</summary>
public sealed class LimitsHoldTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ClusterOfNodes _cluster = null!;

    public async Task InitializeAsync() => _cluster = await ClusterOfNodes.StartAsync(3);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_limit_holds_for_each_call_after_its_answer_also_after_the_loss_of_a_node()
    {
        await using var root = await ConnectAsync(_cluster.Addresses[0], uid: 0);
        await root.Namespace.CreateChildAsync("below");
        var others = await Task.WhenAll(
            from address in _cluster.Addresses
            from path in (string[])["/", "/below"]
            select ConnectAsync(address, uid: 1000, path));
        var queue = await root.MessageQueues.CreateAsync(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        for (var msgmax = 1_000; msgmax < 1_100; msgmax++)
        {
            await root.Namespace.SetLimitAsync("msgmax", msgmax);
            var seen = await Task.WhenAll(others.Select(other => other.Namespace.GetLimitsAsync()));
            Assert.All(seen, limits => Assert.Equal(msgmax, limits.Msgmax));
        }

        await root.Namespace.SetLimitAsync("msgmax", 10);
        var refused = await Assert.ThrowsAsync<IpcException>(() => queue.SendAsync(1, new byte[11]).AsTask());
        Assert.Equal(Cluster.Protocol.Errno.EINVAL, refused.Errno);

        await _cluster.Nodes[2].KillAsync();
        await root.Namespace.SetLimitAsync("msgmax", 20).WaitAsync(Patience);
        var answers = await Task.WhenAll(others.Select(other => other.Namespace.GetLimitsAsync())).WaitAsync(Patience);
        Assert.All(answers, limits => Assert.Equal(20, limits.Msgmax));
        foreach (var other in others) await other.DisposeAsync();
    }

    private Task<IpcClient> ConnectAsync(string address, uint uid, string path = "/") => IpcClient.ConnectAsync(
        new IpcClientOptions { Addresses = [address], Uid = uid, Namespace = path, Lease = Patience });
}
