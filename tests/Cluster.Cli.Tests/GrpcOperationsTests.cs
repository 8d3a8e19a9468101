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

    [Fact]
    public async Task A_node_that_is_not_there_yet_is_asked_again()
    {
        using var late = new TcpListener(IPAddress.Loopback, 0);
        late.Start();
        var address = $"http://{late.LocalEndpoint}";
        var port = ((IPEndPoint)late.LocalEndpoint).Port;
        late.Stop();
        using var node = new TcpListener(IPAddress.Loopback, port);
        // Only a second attempt finds the listener, which does not answer.
        await FailsAsync(address, new Late(node.Start), $"{address} does not answer: nothing came within 12 s",
            TimeSpan.FromSeconds(5));
    }

    private static async Task FailsAsync(string address, TimeProvider time, string reason, TimeSpan? patience = null)
    {
        var options = new IpcClientOptions
        {
            // Less than the tool waits before it asks again.
            Addresses = [address], TimeProvider = time, ConnectTimeout = patience ?? TimeSpan.FromMilliseconds(150),
        };
        await using var operations = new GrpcOperations(options);
        var failure = await Assert.ThrowsAsync<IpcConnectException>(
            () => operations.MembersAsync(CancellationToken.None));
        Assert.Equal($"connect: ETIMEDOUT ({reason})", failure.Message);
    }

    /// <summary>A clock that is behind, so that deadlines come soon.</summary>
    /// <param name="pausing">Called when the tool waits before it asks again.</param>
    private sealed class Late(Action? pausing = null) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            pausing?.Invoke();
            return base.CreateTimer(callback, state, dueTime, period);
        }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - TimeSpan.FromSeconds(11.5);
    }
}
