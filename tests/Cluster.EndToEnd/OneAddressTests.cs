using System.Text.Json;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// A client that was given the address of one node of three, and that node goes. GatewayTests of the client says how soon
/// the client tries another node.
/// </summary>
public sealed class OneAddressTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ClusterOfNodes _cluster = null!;

    public async Task InitializeAsync() => _cluster = await ClusterOfNodes.StartAsync(3);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_call_completes_through_another_node_after_the_given_one_has_left()
    {
        await using var ipc = await IpcClient.ConnectAsync(_cluster.Addresses[2]);
        await WaitForGatewaysAsync(3);
        var address = await AddressAsync(_cluster.Nodes[2].Address);
        var back = ConnectedAgainAsync(ipc);
        var left = CliProcess.RunAsync(_cluster.Addresses[0], "cluster", "leave", address, "--uid", "0");
        await back.Lost.WaitAsync(Patience);
        await ipc.MessageQueues.CreateAsync().WaitAsync(Patience);
        Assert.Equal(0, (await left).ExitCode);
        await WaitForGatewaysAsync(2);
    }

    [Fact]
    public async Task A_client_is_connected_to_another_node_after_the_given_one_was_killed()
    {
        await using var ipc = await IpcClient.ConnectAsync(_cluster.Addresses[1]);
        await WaitForGatewaysAsync(3);
        var back = ConnectedAgainAsync(ipc);
        await _cluster.Nodes[1].KillAsync();
        await back.Lost.WaitAsync(Patience);
        await back.Back.WaitAsync(Patience);
        await ipc.MessageQueues.CreateAsync().WaitAsync(Patience);
        await WaitForGatewaysAsync(2);
    }

    // A client of the first node is told how many nodes serve: in the welcome, and in a frame when that changes.
    private async Task WaitForGatewaysAsync(int count)
    {
        using var peer = await Peer.GreetAsync(_cluster.Addresses[0]);
        await peer.SendFrameAsync(Peer.Hello);
        IReadOnlyCollection<string> named = (await peer.NextAsync())!.Welcome.Gateways;
        while (named.Count != count)
        {
            var frame = await peer.NextAsync();
            if (frame!.Gateways.Count > 0) named = frame.Gateways;
        }

        Assert.Contains(_cluster.Addresses[0], named);
    }

    private static async Task<string> AddressAsync(string gateway)
    {
        var run = await CliProcess.RunAsync(gateway, "cluster", "--json");
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("members").EnumerateArray()
            .Single(member => member.GetProperty("gateway").GetString() == gateway)
            .GetProperty("address").GetString()!;
    }

    private static (Task Lost, Task Back) ConnectedAgainAsync(IpcClient ipc)
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ipc.StateChanged += (_, change) =>
        {
            if (change.State == IpcConnectionState.Reconnecting) lost.TrySetResult();
            if (change.State == IpcConnectionState.Connected && lost.Task.IsCompleted)
                back.TrySetResult();
        };
        return (lost.Task, back.Task);
    }
}
