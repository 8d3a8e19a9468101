using System.Threading.Channels;
using Cluster.Actors.Sessions;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>The gRPC service: moves frames between streams and sessions, many results a frame.</summary>
internal sealed class GatewayService(NodeService node, IAdmission policy) : Protocol.Gateway.GatewayBase
{
    public override async Task Connect(
        IAsyncStreamReader<ClientFrame> requestStream,
        IServerStreamWriter<ServerFrame> responseStream,
        ServerCallContext context)
    {
        var session = Gatekeeper.Open();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var reading = ReadAsync(requestStream, session, context, ended.Token);
        try
        {
            await WriteAsync(session.Output, responseStream, context.CancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException
            or InvalidOperationException)
        {
            // The client is gone.
        }
        finally
        {
            session.End();
            await ended.CancelAsync();
        }

        if (await reading is { } refusal) await RefuseAsync(refusal, responseStream, context);
    }

    public override Task<NodeStatReply> Stat(NodeStatRequest request, ServerCallContext context) =>
        Task.FromResult(node.Stat());

    public override async Task Trace(
        TraceRequest request, IServerStreamWriter<TraceFrame> responseStream, ServerCallContext context)
    {
        try
        {
            await foreach (var frame in Gatekeeper.TraceAsync(request, context.CancellationToken))
                await responseStream.WriteAsync(frame, context.CancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException
            or InvalidOperationException)
        {
            // The client is gone.
        }
    }

    private Gatekeeper Gatekeeper => node.Gatekeeper
        ?? throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the node is starting: try again"));

    /// <returns>Why a frame was not taken; null: that is not how the stream ended.</returns>
    private async Task<string?> ReadAsync(
        IAsyncStreamReader<ClientFrame> frames, Session session, ServerCallContext context, CancellationToken ended)
    {
        try
        {
            while (await frames.MoveNext(ended))
            {
                var frame = frames.Current;
                var credentials = frame.Hello?.NewProcess is { } hello
                    ? policy.Admit(context, hello.Credentials)
                    : null;
                await session.WriteAsync(frame, credentials, ended);
            }
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted)
        {
            return $"a frame may have {Bounds.FrameBytes} bytes, and this one has more: send fewer calls in each frame";
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or RpcException
            or InvalidOperationException)
        {
            // The client is gone, or what it sends is not a frame: gRPC has told it.
        }
        finally
        {
            session.End();
        }

        return null;
    }

    // For a client of ours in its own words, for any other in those of gRPC.
    private static async Task RefuseAsync(
        string reason, IServerStreamWriter<ServerFrame> stream, ServerCallContext context)
    {
        var farewell = new Farewell { Errno = (int)Errno.EPROTO, Reason = reason };
        try
        {
            await stream.WriteAsync(new ServerFrame { Farewell = farewell }, context.CancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException
            or InvalidOperationException)
        {
            // The client is gone.
        }

        throw new RpcException(new Grpc.Core.Status(StatusCode.ResourceExhausted, reason));
    }

    private static async Task WriteAsync(
        ChannelReader<ServerFrame> output, IServerStreamWriter<ServerFrame> stream, CancellationToken cancelled)
    {
        while (await output.WaitToReadAsync(cancelled))
        {
            while (output.TryRead(out var frame))
            {
                Merge(frame, output);
                await stream.WriteAsync(frame, cancelled);
            }
        }
    }

    /// <summary>What has come together while the last frame was written travels in one frame.</summary>
    internal static void Merge(ServerFrame frame, ChannelReader<ServerFrame> output)
    {
        if (frame.Welcome is not null || frame.Farewell is not null) return;
        var size = SizeOf(frame);
        while (size < Bounds.FrameTargetBytes && output.TryPeek(out var next)
            && next.Welcome is null && next.Farewell is null)
        {
            size += SizeOf(next);
            if (size > Bounds.FrameTargetBytes) return;
            frame.Results.Add(next.Results);
            output.TryRead(out _);
        }
    }

    private static int SizeOf(ServerFrame frame)
    {
        var size = 0;
        foreach (var target in frame.Results)
        {
            size += 32;
            foreach (var result in target.Results)
                size += 32 + result.PayloadBytes;
        }

        return size;
    }
}
