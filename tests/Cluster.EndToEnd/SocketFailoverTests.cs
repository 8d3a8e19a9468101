using Cluster.Client;
using Cluster.EndToEnd.Processes;
using SocketShutdown = System.Net.Sockets.SocketShutdown;

namespace Cluster.EndToEnd;

/// <summary>
/// A node of three dies while requests and answers go over Unix sockets: no connection breaks, and no byte is lost or doubled.
/// </summary>
public sealed class SocketFailoverTests
{
    private const int Connections = 8; // so that each node has some
    private const int Rounds = 40;
    private const int PieceBytes = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task Connections_survive_the_death_of_a_node()
    {
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        await using var service = await ConnectAsync(cluster);
        await using var caller = await ConnectAsync(cluster);
        await using var listener = await service.Sockets.ListenAsync("/run/echo");
        var (half, dead) = (new CountdownEvent(Connections), new TaskCompletionSource());
        var serving = Enumerable.Range(0, Connections).Select(_ => EchoAsync(listener)).ToArray();
        var calling = Enumerable.Range(0, Connections).Select(i => CallAsync(caller, i, half, dead.Task)).ToArray();
        await Task.Run(() => half.Wait(Patience));
        await cluster.Nodes[2].KillAsync();
        dead.SetResult();
        await Task.WhenAll(calling).WaitAsync(Patience);
        await Task.WhenAll(serving).WaitAsync(Patience);
    }

    private static async Task EchoAsync(ISocketListener listener)
    {
        await using var stream = (await listener.AcceptAsync()).AsStream();
        var buffer = new byte[4_000];
        while (await stream.ReadAsync(buffer) is var count and > 0) await stream.WriteAsync(buffer.AsMemory(0, count));
    }

    private static async Task CallAsync(IpcClient ipc, int number, CountdownEvent half, Task dead)
    {
        await using var socket = await ipc.Sockets.ConnectAsync("/run/echo");
        await using var stream = socket.AsStream();
        var (question, answer) = (new byte[PieceBytes], new byte[PieceBytes]);
        for (var round = 0; round < Rounds; round++)
        {
            if (round == Rounds / 2) half.Signal();
            if (round == Rounds / 2 + 1) await dead; // one round may be under way when the node dies
            new Random((number * Rounds) + round).NextBytes(question);
            await stream.WriteAsync(question);
            await stream.ReadExactlyAsync(answer);
            Assert.Equal(question, answer);
        }

        await socket.ShutdownAsync(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(answer));
    }

    private static Task<IpcClient> ConnectAsync(ClusterOfNodes cluster) => IpcClient.ConnectAsync(
        new IpcClientOptions { Addresses = cluster.Addresses, Uid = 1000, ConnectTimeout = Patience, Lease = Patience });
}
