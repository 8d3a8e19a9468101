using System.IO.Pipelines;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Cluster.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Gateway;

/// <summary>A ping that comes while a frame is being written.</summary>
public sealed class BareFramesPongTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_ping_during_a_frame_has_its_pong_before_the_next_frame()
    {
        // The writer waits while a byte is unread, so the first frame stays under way until the client reads it. The
        // reader runs inline, so the node has taken a ping when its write returns.
        var options = new PipeOptions(
            readerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 1, resumeWriterThreshold: 1,
            useSynchronizationContext: false);
        var (toNode, toClient) = (new Pipe(options), new Pipe(options));
        var transport = new Duplex(toNode.Reader, toClient.Writer);
        var connection = new DefaultConnectionContext("test", transport, transport);
        await using var frames = new BareFrames(
            connection, new ClientBounds(new NodeStats(), TimeProvider.System));

        var first = frames.WriteAsync(new ServerFrame { RenewedMs = 1 }, CancellationToken.None);
        var ping = new byte[FrameFormat.HeaderBytes];
        FrameFormat.WriteHeader(ping, FrameKind.Ping, 0);
        var read = frames.ReadAsync(CancellationToken.None);
        await toNode.Writer.WriteAsync(ping);
        Assert.False(first.IsCompleted);

        var kinds = new List<FrameKind>();
        await ReadFrameAsync(toClient.Reader, kinds);
        await first.AsTask().WaitAsync(Patience);
        var second = frames.WriteAsync(new ServerFrame { RenewedMs = 2 }, CancellationToken.None);
        await ReadFrameAsync(toClient.Reader, kinds);
        await ReadFrameAsync(toClient.Reader, kinds);
        await second.AsTask().WaitAsync(Patience);
        Assert.Equal([FrameKind.Data, FrameKind.Pong, FrameKind.Data], kinds);

        await toNode.Writer.CompleteAsync();
        Assert.Null(await read.AsTask().WaitAsync(Patience));
    }

    // A session that has many frames leaves the rest in the connection, and the answers to pings are behind these.
    [Fact]
    public async Task A_client_that_the_node_does_not_read_is_not_taken_for_silent()
    {
        var time = new FakeTimeProvider();
        var (toNode, toClient) = (new Pipe(), new Pipe());
        var transport = new Duplex(toNode.Reader, toClient.Writer);
        var connection = new DefaultConnectionContext("test", transport, transport);
        await using var frames = new BareFrames(connection, new ClientBounds(new NodeStats(), time));
        var frame = new byte[FrameFormat.HeaderBytes];
        FrameFormat.WriteHeader(frame, FrameKind.Data, 0);
        await toNode.Writer.WriteAsync(frame);
        Assert.NotNull(await frames.ReadAsync(CancellationToken.None).AsTask().WaitAsync(Patience));
        var kinds = new List<FrameKind>();
        for (var i = 0; i < 4; i++)
        {
            time.Advance(FrameFormat.PingDelay);
            await ReadFrameAsync(toClient.Reader, kinds);
        }

        Assert.All(kinds, kind => Assert.Equal(FrameKind.Ping, kind));
        Assert.False(connection.ConnectionClosed.IsCancellationRequested);

        // A client that is read has to answer.
        var read = frames.ReadAsync(CancellationToken.None);
        time.Advance(FrameFormat.PingDelay);
        time.Advance(FrameFormat.PingTimeout + FrameFormat.PingDelay);
        Assert.True(connection.ConnectionClosed.WaitHandle.WaitOne(Patience));
        await toNode.Writer.CompleteAsync();
        Assert.Null(await read.AsTask().WaitAsync(Patience));
    }

    private static async Task ReadFrameAsync(PipeReader input, List<FrameKind> kinds)
    {
        var header = await input.ReadAtLeastAsync(FrameFormat.HeaderBytes).AsTask().WaitAsync(Patience);
        var (kind, length) = FrameFormat.ReadHeader(header.Buffer.FirstSpan[..FrameFormat.HeaderBytes]);
        input.AdvanceTo(header.Buffer.Start);
        var whole = await input.ReadAtLeastAsync(FrameFormat.HeaderBytes + length).AsTask().WaitAsync(Patience);
        input.AdvanceTo(whole.Buffer.GetPosition(FrameFormat.HeaderBytes + length));
        kinds.Add(kind);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
