using System.IO.Pipelines;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Gateway;

/// <summary>The end of a node does not wait for a connection that has said nothing.</summary>
public sealed class SilentEndTests
{
    [Fact]
    public async Task A_silent_connection_ends_with_the_node()
    {
        var lifetime = new Lifetime();
        var bounds = new ClientBounds(new NodeStats(), new FakeTimeProvider());
        var gateway = new BareGateway(null!, null!, bounds, lifetime);
        var (input, output) = (new Pipe(), new Pipe());
        await using var connection = new DefaultConnectionContext { Transport = new Duplex(input.Reader, output.Writer) };
        var serving = gateway.ServeAsync(connection, _ => throw new InvalidOperationException("it says nothing"));
        Assert.False(serving.IsCompleted);
        lifetime.StopApplication();
        await serving.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Lifetime : IHostApplicationLifetime
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();
    }
}
