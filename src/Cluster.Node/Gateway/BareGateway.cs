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
internal sealed class BareGateway(NodeService node, IAdmission policy, ClientBounds bounds)
{
    /// <summary>Serves one connection.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate http)
    {
        try
        {
            if (!await BeginsWithPrefaceAsync(connection))
            {
                // Not refused: honest clients may share the address.
                if (connection.Features.Get<ConnectionPass>()?.IsSlowed(bounds.Time) is true)
                    await Task.Delay(Resetters.Delay, bounds.Time, connection.ConnectionClosed);
                await http(connection);
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
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await ReadAsync(input, timeout.Token);
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
}
