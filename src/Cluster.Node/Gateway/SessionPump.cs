using System.Threading.Channels;
using Cluster.Actors.Sessions;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Moves frames between a client's stream and its session, many results a frame.</summary>
internal sealed class SessionPump(IFrames frames, Session session, IAdmission policy)
{
    /// <summary>Runs until one of the two has ended.</summary>
    /// <returns>Why a frame was not taken; null: that is not how the stream ended.</returns>
    public async Task<string?> RunAsync(CancellationToken cancelled)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var reading = ReadAsync(ended.Token);
        try
        {
            await WriteAsync(session.Output, cancelled);
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            // The client is gone.
        }
        finally
        {
            session.End();
            await ended.CancelAsync();
        }

        if (await reading is not { } refusal) return null;
        await RefuseAsync(refusal, cancelled);
        return refusal;
    }

    /// <summary>Whether it says that the client is gone.</summary>
    public static bool IsLoss(Exception exception) =>
        exception is OperationCanceledException or IOException or InvalidOperationException;

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
            frame.Resend |= next.Resend;
            frame.RenewedMs = Math.Max(frame.RenewedMs, next.RenewedMs);
            output.TryRead(out _);
        }
    }

    private async Task<string?> ReadAsync(CancellationToken ended)
    {
        try
        {
            while (await frames.ReadAsync(ended) is { } frame)
            {
                var credentials = frame.Hello?.NewProcess is { } hello
                    ? policy.Admit(frames.Caller, hello.Credentials)
                    : null;
                await session.WriteAsync(frame, credentials, ended);
            }
        }
        catch (FrameException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (IsLoss(exception) || exception is RpcException)
        {
            // The client is gone, or may not come in.
        }
        finally
        {
            session.End();
        }

        return null;
    }

    private async Task WriteAsync(ChannelReader<ServerFrame> output, CancellationToken cancelled)
    {
        while (await output.WaitToReadAsync(cancelled))
        {
            // Objects that are ready to run go first, and the frame takes their results along.
            await Task.Yield();
            while (output.TryRead(out var frame))
            {
                Merge(frame, output);
                await frames.WriteAsync(frame, cancelled);
            }
        }
    }

    private async Task RefuseAsync(string reason, CancellationToken cancelled)
    {
        var farewell = new Farewell { Errno = (int)Errno.EPROTO, Reason = reason };
        try
        {
            await frames.WriteAsync(new ServerFrame { Farewell = farewell }, cancelled);
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            // The client is gone.
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
