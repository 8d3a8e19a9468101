using System.Security.Cryptography;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>A node of three dies while bytes go through FIFOs: none is lost, none is doubled, and all are in order.</summary>
public sealed class FifoFailoverTests(ITestOutputHelper output)
{
    private const int Fifos = 12; // so that each node has some
    private const int PieceBytes = 20_000;
    private const int Pieces = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Theory]
    [InlineData(2)]
    [InlineData(0)] // with the shard coordinator
    public async Task A_stream_survives_the_death_of_a_node(int victim)
    {
        await using var cluster = await ClusterOfNodes.StartAsync(3);
        await using var one = await ConnectAsync(cluster);
        await using var two = await ConnectAsync(cluster);
        var half = new CountdownEvent(Fifos);
        var dead = new TaskCompletionSource();
        var streams = Enumerable.Range(0, Fifos).Select(async i =>
        {
            await one.Fifos.CreateAsync($"/run/{i}");
            var reading = ReadAsync(two, i);
            await WriteAsync(one, i, half, dead.Task);
            await reading;
        }).ToArray();
        await Task.Run(() => half.Wait(Patience));
        await cluster.Nodes[victim].KillAsync();
        var started = TimeProvider.System.GetTimestamp();
        dead.SetResult();
        await Task.WhenAll(streams).WaitAsync(Patience);
        output.WriteLine($"{Fifos} streams ended after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s");
    }

    private static async Task WriteAsync(IpcClient ipc, int number, CountdownEvent half, Task dead)
    {
        await using var stream = (await ipc.Fifos.OpenAsync($"/run/{number}", OpenFlags.WriteOnly)).AsStream();
        for (var piece = 0; piece < Pieces; piece++)
        {
            if (piece == Pieces / 2) half.Signal();
            if (piece == Pieces / 2 + 1) await dead; // one piece may be under way when the node dies
            await stream.WriteAsync(PieceOf(number, piece));
        }
    }

    private static async Task ReadAsync(IpcClient ipc, int number)
    {
        await using var stream = (await ipc.Fifos.OpenAsync($"/run/{number}", OpenFlags.ReadOnly)).AsStream();
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var actual = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, count) = (new byte[8_000], 0L);
        while (await stream.ReadAsync(buffer) is var read and > 0)
        {
            actual.AppendData(buffer.AsSpan(0, read));
            count += read;
        }

        for (var piece = 0; piece < Pieces; piece++) expected.AppendData(PieceOf(number, piece));
        Assert.Equal((long)Pieces * PieceBytes, count);
        Assert.Equal(expected.GetHashAndReset(), actual.GetHashAndReset());
    }

    private static byte[] PieceOf(int number, int piece)
    {
        var bytes = new byte[PieceBytes];
        new Random((number * Pieces) + piece).NextBytes(bytes);
        return bytes;
    }

    private static Task<IpcClient> ConnectAsync(ClusterOfNodes cluster) => IpcClient.ConnectAsync(
        new IpcClientOptions { Addresses = cluster.Addresses, Uid = 1000, ConnectTimeout = Patience, Lease = Patience });
}
