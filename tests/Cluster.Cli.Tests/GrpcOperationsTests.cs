using System.Net;
using System.Net.Sockets;
using Cluster.Cli.Operating;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>Calls of operators to addresses without a node.</summary>
public sealed class GrpcOperationsTests
{
    [Fact]
    public async Task The_error_names_an_address_without_a_listener_and_the_reason()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = $"http://{free.LocalEndpoint}";
        free.Stop();
        await FailsAsync(address, TimeProvider.System, $"{address} does not answer: Connection refused");
    }

    [Fact]
    public async Task The_error_names_a_node_without_an_answer_and_the_time()
    {
        // The kernel completes the connection, and no process accepts it.
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        var address = $"http://{mute.LocalEndpoint}";
        await FailsAsync(address, new Late(), $"{address} does not answer: nothing came within 12 s");
    }

    private static async Task FailsAsync(string address, TimeProvider time, string reason)
    {
        var options = new IpcClientOptions { Addresses = [address], TimeProvider = time };
        await using var operations = new GrpcOperations(options);
        var failure = await Assert.ThrowsAsync<IpcConnectException>(
            () => operations.MembersAsync(CancellationToken.None));
        Assert.Equal($"connect: ETIMEDOUT ({reason})", failure.Message);
    }

    /// <summary>A clock that is behind, so that deadlines come soon.</summary>
    private sealed class Late : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - TimeSpan.FromSeconds(11.5);
    }
}
