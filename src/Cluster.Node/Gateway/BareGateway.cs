using System.Buffers;
using System.IO.Pipelines;
using Cluster.Actors;
using Cluster.Node.Lifecycle;
using Cluster.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Cluster.Node.Gateway;

/// <summary>
/// Serves clients that speak bare frames, on the port of gRPC. A connection that begins with their preface is served
/// here. Any other connection is passed on to HTTP.
/// </summary>
internal sealed class BareGateway(
    NodeService node, IAdmission policy, ClientBounds bounds, IHostApplicationLifetime lifetime)
{
    // For a place among the connections of HTTP/2.
    private static readonly TimeSpan TurnDelay = TimeSpan.FromMilliseconds(100);

    // An empty frame of SETTINGS, then GOAWAY with ENHANCE_YOUR_CALM (RFC 9113) and the reason.
    private static readonly byte[] GoAway = GoAwayOf("the node has as many connections of HTTP/2 as it takes"u8);

    /// <summary>Serves one connection.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate http)
    {
        try
        {
            if (!await BeginsWithPrefaceAsync(connection))
            {
                await ServeHttpAsync(connection, http);
                return;
            }

            await connection.Transport.Output.WriteAsync(FrameFormat.Preface.ToArray(), connection.ConnectionClosed);
            await using var frames = new BareFrames(connection, bounds);
            var pump = new SessionPump(frames, () => node.SessionOpener?.Open(), policy, bounds);
            await pump.RunAsync(connection.ConnectionClosed);
        }
        catch (Exception exception) when (SessionPump.IsLoss(exception))
        {
            // The client is gone.
        }
    }

    private async Task ServeHttpAsync(ConnectionContext connection, ConnectionDelegate http)
    {
        if (connection.Features.Get<ConnectionPass>() is { } pass)
        {
            // Not refused: honest clients may share the address.
            if (pass.IsSlowed(bounds.Time)) await Task.Delay(Resetters.Delay, bounds.Time, connection.ConnectionClosed);
            var since = bounds.Time.GetTimestamp();
            HttpEntry entry;
            while ((entry = pass.EnterHttp(bounds.Time)) == HttpEntry.Waits
                && bounds.Time.GetElapsedTime(since) < ClientBounds.HelloTimeout)
                await Task.Delay(TurnDelay, bounds.Time, connection.ConnectionClosed);
            if (entry != HttpEntry.Served)
            {
                await connection.Transport.Output.WriteAsync(GoAway, connection.ConnectionClosed);
                return;
            }
        }

        var input = new PacedHttp2(connection.Transport.Input, bounds.NewPace());
        connection.Transport = new Paced(input, connection.Transport.Output);
        await http(connection);
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader input, CancellationToken timeout)
    {
        try
        {
            return await input.ReadAsync(timeout);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            bounds.Stats.AddBound(Bound.Hello);
            throw;
        }
    }

    private async Task<bool> BeginsWithPrefaceAsync(ConnectionContext connection)
    {
        using var timeout = new CancellationTokenSource(ClientBounds.HelloTimeout, bounds.Time);
        // The end of the node does not wait for a client that has said nothing.
        await using var stopping = lifetime.ApplicationStopping.UnsafeRegister(
            static input => ((PipeReader)input!).CancelPendingRead(), connection.Transport.Input);
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await ReadAsync(input, timeout.Token);
            if (read.IsCanceled) throw new OperationCanceledException("the node is ending");
            var length = (int)Math.Min(read.Buffer.Length, FrameFormat.Preface.Length);
            var isSoFar = FrameFormat.Preface.StartsWith(read.Buffer.Slice(0, length).ToArray());
            if (isSoFar && length == FrameFormat.Preface.Length)
            {
                input.AdvanceTo(read.Buffer.GetPosition(length));
                return true;
            }

            if (!isSoFar || read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start);
                return false;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static byte[] GoAwayOf(ReadOnlySpan<byte> reason) =>
    [
        0, 0, 0, 4, 0, 0, 0, 0, 0,
        0, 0, (byte)(8 + reason.Length), 7, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0xB, .. reason,
    ];

    private sealed record Paced(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
