using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cluster.Client.Tests.Client;

/// <summary>
/// The address belongs to a server that is no gateway: the client says so within the time to connect.
/// </summary>
public sealed class NoGatewayTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();

    public NoGatewayTests() => _listener.Start();

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("")] // it closes the connection
    [InlineData(null)] // it says nothing
    public async Task A_port_that_is_no_gateway_is_told_within_the_time_to_connect(string? answer)
    {
        _ = ServeAsync(answer);
        var options = new IpcClientOptions
        {
            Addresses = [$"http://{_listener.LocalEndpoint}"],
            ConnectTimeout = TimeSpan.FromSeconds(1),
            AdmissionTimeout = TimeSpan.FromMinutes(10),
        };
        var refused = await Assert.ThrowsAsync<IpcConnectException>(() => IpcClient.ConnectAsync(options).Soon());
        Assert.Contains($"no node answered within 1 s at {options.Addresses[0]}", refused.Message);
    }

    [Fact]
    public async Task The_reason_names_what_is_missing()
    {
        _ = ServeAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var options = new IpcClientOptions
        {
            Addresses = [$"http://{_listener.LocalEndpoint}"], ConnectTimeout = TimeSpan.FromSeconds(1),
        };
        var refused = await Assert.ThrowsAsync<IpcConnectException>(() => IpcClient.ConnectAsync(options).Soon());
        Assert.Contains("what listens there does not answer as a gateway", refused.Message);
    }

    private async Task ServeAsync(string? answer)
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_end.Token);
            if (answer is null) continue;
            await socket.ReceiveAsync(new byte[1_024], _end.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes(answer), _end.Token);
            socket.Shutdown(SocketShutdown.Both);
            socket.Dispose();
        }
    }
}
