using System.Threading.Channels;
using Cluster.Actors;
using Cluster.Actors.Sessions;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Moves frames between a client's stream and its session, and merges results into large frames.</summary>
internal sealed class SessionPump(IFrames frames, Session session, IAdmission policy, ClientBounds bounds)
{
    // What a frame costs beside its bytes.
    private const int FrameCost = 4 * 1024;

    // Bytes of frames in one turn of a connection.
    private const int TurnBytes = 64 * 1024;

    /// <summary>Runs until the stream or the session has ended.</summary>
    /// <returns>Why a frame was refused; null: the stream ended in another way.</returns>
    public async Task<Refusal?> RunAsync(CancellationToken cancelled)
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

    /// <summary>Whether an exception means that the client is gone.</summary>
    public static bool IsLoss(Exception exception) =>
        exception is OperationCanceledException or IOException or InvalidOperationException;

    /// <summary>Adds the results that collected while the last frame was written to the next frame.</summary>
    /// <returns>The bytes of the results.</returns>
    internal static int Merge(ServerFrame frame, ChannelReader<ServerFrame> output)
    {
        if (frame.Welcome is not null || frame.Farewell is not null) return 0;
        var size = ResultSizes.Of(frame);
        while (size < Bounds.FrameTargetBytes && output.TryPeek(out var next)
            && next.Welcome is null && next.Farewell is null)
        {
            var more = ResultSizes.Of(next);
            if (size + more > Bounds.FrameTargetBytes) return size;
            size += more;
            frame.Results.Add(next.Results);
            frame.Resend |= next.Resend;
            frame.RenewedMs = Math.Max(frame.RenewedMs, next.RenewedMs);
            output.TryRead(out _);
        }

        return size;
    }

    private async Task<Refusal?> ReadAsync(CancellationToken ended)
    {
        try
        {
            var next = await ReadHelloAsync(ended);
            var bytes = 0L;
            for (; next is { } frame; next = await frames.ReadAsync(ended))
            {
                // While frames keep coming, the loop would not leave its thread: other connections have their turn.
                bytes += frames.FrameBytes + FrameCost;
                if (bytes >= TurnBytes)
                {
                    bytes = 0;
                    await Task.Yield();
                }

                Credentials? credentials = null;
                if (frame.Hello?.NewProcess is { } hello
                    && !TryAdmit(hello.Credentials, out credentials, out var refusal)) return refusal;
                await session.WriteAsync(frame, credentials, ended, frames.FrameBytes);
            }
        }
        catch (TimeoutException exception)
        {
            bounds.Stats.AddBound(Bound.Hello);
            return new Refusal(Errno.ETIMEDOUT, StatusCode.DeadlineExceeded, exception.Message);
        }
        catch (FrameException exception)
        {
            bounds.Stats.AddBound(Bound.Frame);
            return new Refusal(Errno.EPROTO, StatusCode.ResourceExhausted, exception.Message);
        }
        catch (Exception exception) when (IsLoss(exception) || exception is RpcException)
        {
            // The client is gone.
        }
        finally
        {
            session.End();
        }

        return null;
    }

    private async ValueTask<ClientFrame?> ReadHelloAsync(CancellationToken ended)
    {
        using var timeout = new CancellationTokenSource(ClientBounds.HelloTimeout, bounds.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, timeout.Token);
        try
        {
            return await frames.ReadAsync(either.Token);
        }
        catch (Exception exception) when (timeout.IsCancellationRequested && !ended.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"no hello came in {ClientBounds.HelloTimeout.TotalSeconds} s", exception);
        }
    }

    private bool TryAdmit(Credentials? stated, out Credentials? credentials, out Refusal? refusal)
    {
        (credentials, refusal) = (null, null);
        try
        {
            credentials = policy.Admit(frames.Caller, stated);
            return true;
        }
        catch (RpcException exception)
        {
            refusal = new Refusal(Errno.EACCES, exception.StatusCode, exception.Status.Detail);
            return false;
        }
    }

    private async Task WriteAsync(ChannelReader<ServerFrame> output, CancellationToken cancelled)
    {
        while (await output.WaitToReadAsync(cancelled))
        {
            // Lets objects that are ready run first, so that the frame also carries their results.
            await Task.Yield();
            while (output.TryRead(out var frame))
            {
                var bytes = Merge(frame, output);
                if (frame.Welcome is not null) frames.Introduce();
                await frames.WriteAsync(frame, cancelled);
                session.Delivered(bytes);
            }
        }
    }

    private async Task RefuseAsync(Refusal refusal, CancellationToken cancelled)
    {
        var isLate = refusal.Errno == Errno.ETIMEDOUT;
        var farewell = new Farewell { Errno = (int)refusal.Errno, Reason = refusal.Reason, Retry = isLate };
        try
        {
            await frames.WriteAsync(new ServerFrame { Farewell = farewell }, cancelled);
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            // The client is gone.
        }
    }
}
