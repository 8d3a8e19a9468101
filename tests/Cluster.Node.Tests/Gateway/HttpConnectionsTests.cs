using System.Net;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Gateway;

/// <summary>Connections of HTTP/2 and their requests have bounds of their own.</summary>
public sealed class HttpConnectionsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _clock = new();
    private readonly NodeStats _stats = new();
    private readonly Connections _connections;
    private readonly TaskCompletionSource _end = new();

    public HttpConnectionsTests() => _connections = new Connections(_stats, 16_384);

    [Fact]
    public async Task A_silent_one_gives_its_place_to_another_after_some_time()
    {
        var passes = Enumerable.Range(0, _connections.MostSilentHttp).Select(_ => Connect()).ToArray();
        Assert.All(passes, pass => Assert.Equal(HttpEntry.Served, pass.EnterHttp(_clock)));
        var next = Connect();
        Assert.Equal(HttpEntry.Waits, next.EnterHttp(_clock));
        passes[1].Introduce();
        Assert.Equal(HttpEntry.Served, next.EnterHttp(_clock));
        _clock.Advance(Connections.HttpTime);
        Assert.Equal(HttpEntry.Served, Connect().EnterHttp(_clock));
        await EndOf(passes[0]);
        Assert.False(passes[2].Connection.ConnectionClosed.IsCancellationRequested);
    }

    // Others are served four times as soon, however many connections of their address do nothing, or very much.
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task One_without_a_request_or_with_many_gives_its_place_sooner(int requests)
    {
        var passes = Enumerable.Range(0, _connections.MostSilentHttp).Select(_ => Connect()).ToArray();
        foreach (var pass in passes)
        {
            pass.EnterHttp(_clock);
            for (var i = 0; i < (pass == passes[3] ? requests : 1); i++) pass.BeginRequest();
        }

        _clock.Advance(Connections.IdleHttpTime);
        Assert.Equal(HttpEntry.Served, Connect().EnterHttp(_clock));
        await EndOf(passes[3]);
        Assert.Equal(HttpEntry.Waits, Connect().EnterHttp(_clock));
        Assert.False(passes[0].Connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public void Those_with_a_process_are_bounded_too()
    {
        for (var i = 0; i < _connections.MostHttp; i++)
        {
            var pass = Connect();
            Assert.Equal(HttpEntry.Served, pass.EnterHttp(_clock));
            pass.Introduce();
        }

        Assert.Equal(HttpEntry.Refused, Connect().EnterHttp(_clock));
        Assert.Equal(1, _stats.BoundOf(Bound.HttpConnections));
    }

    [Fact]
    public async Task The_connection_with_most_requests_is_closed()
    {
        var (honest, greedy) = (Connect(), Connect());
        honest.BeginRequest();
        for (var i = 0; i < Connections.MostRequests; i++) greedy.BeginRequest().Dispose();
        Assert.Equal(0, _stats.BoundOf(Bound.Requests));
        for (var i = 0; i < Connections.MostRequests; i++) greedy.BeginRequest();
        await EndOf(greedy);
        Assert.False(honest.Connection.ConnectionClosed.IsCancellationRequested);
        Assert.Equal(1, _stats.BoundOf(Bound.Requests));
    }

    private static async Task EndOf(ConnectionPass pass)
    {
        var ended = new TaskCompletionSource();
        await using var registered = pass.Connection.ConnectionClosed.Register(ended.SetResult);
        await ended.Task.WaitAsync(Patience);
    }

    private ConnectionPass Connect()
    {
        var connection = new Closable { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1) };
        _ = _connections.ServeAsync(connection, _ => _end.Task);
        return connection.Features.Get<ConnectionPass>()!;
    }

    private sealed class Closable : DefaultConnectionContext
    {
        private readonly CancellationTokenSource _closed = new();

        public Closable() => ConnectionClosed = _closed.Token;

        public override void Abort(ConnectionAbortedException abortReason) => _closed.Cancel();
    }
}
