using System.IO.Pipelines;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Cluster.Protocol;
using Microsoft.AspNetCore.Connections;

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
