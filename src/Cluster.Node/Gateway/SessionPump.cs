using System.Threading.Channels;
using Cluster.Actors;
using Cluster.Actors.Sessions;
using Cluster.Core.Objects;
using Cluster.Node.Lifecycle;
using Cluster.Node.Observing;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>
/// Moves frames between a client's stream and its session, and merges results into large frames. The session is opened
/// when the hello is there, so a client that says nothing costs its connection alone.
/// </summary>
/// <param name="frames">The stream.</param>
/// <param name="open">Opens a session; it returns null if the node is not ready.</param>
/// <param name="policy">Decides on the credentials of a new process.</param>
/// <param name="bounds">What the streams of the node share.</param>
internal sealed class SessionPump(IFrames frames, Func<Session?> open, IAdmission policy, ClientBounds bounds)
{
    // What a frame costs beside its bytes.
    private const int FrameCost = 4 * 1024;

    // Bytes of frames in one turn of a connection.
    private const int TurnBytes = 64 * 1024;

    // A client whose frames were refused has its connection for so long: otherwise it would have another one at once, and
    // the next frame. It has read the reason by then.
    private static readonly TimeSpan RefusedDelay = TimeSpan.FromSeconds(1);

    private Identity? _returning; // whose process comes back
    private int _isBeginning; // 1: the process was let in, and has no answer yet

    /// <summary>Runs until the stream or the session has ended.</summary>
    /// <returns>Why a frame was refused; null: the stream ended in another way.</returns>
    public async Task<Refusal?> RunAsync(CancellationToken cancelled)
    {
        try
        {
            return await BeginAsync(cancelled);
        }
        finally
        {
            HasBegun();
        }
    }

    private async Task<Refusal?> BeginAsync(CancellationToken cancelled)
    {
        ClientFrame? hello = null;
        var refusal = await GuardAsync(async () =>
        {
            hello = await ReadHelloAsync(cancelled);
            if (hello?.Hello?.NewProcess is not null)
            {
                // A stranger takes no turn of those whom the node knows.
                return TryCheck(() => policy.Identify(CallerOf(hello.Hello)), out _, out var stranger)
                    ? await EnterAsync(cancelled)
                    : stranger;
            }

            // A process that comes back is not silent, or it would lose its place to others before its lease is renewed.
            if (hello?.Hello?.KnownProcess is not { } known) return null;
            if (!TryCheck(() => policy.Return(CallerOf(hello.Hello), known.Pid), out _returning, out var refused))
                return refused;
            frames.Introduce();
            return null;
        });
        if (refusal is null && hello is not null && !cancelled.IsCancellationRequested)
        {
            refusal = open() is { } session
                ? await RunAsync(session, hello, cancelled)
                : new Refusal(Errno.EAGAIN, StatusCode.Unavailable, NodeService.NotReady);
        }

        HasBegun();
        if (refusal is not null) await RefuseAsync(refusal, cancelled);
        if (refusal is { Errno: Errno.EPROTO }) await Task.Delay(RefusedDelay, bounds.Time, cancelled);
        return refusal;
    }

    private async Task<Refusal?> RunAsync(Session session, ClientFrame hello, CancellationToken cancelled)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        await using var givenUp = session.GivenUp.UnsafeRegister(
            static frames => ((IFrames)frames!).Abort("the client does not read, and others need the room"), frames);
        var reading = ReadAsync(session, hello, ended.Token);
        try
        {
            await WriteAsync(session, cancelled);
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

        return await reading;
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

    private async Task<Refusal?> ReadAsync(Session session, ClientFrame hello, CancellationToken ended)
    {
        try
        {
            return await GuardAsync(() => PassAsync(session, hello, ended));
        }
        finally
        {
            session.End();
        }
    }

    private async Task<Refusal?> PassAsync(Session session, ClientFrame first, CancellationToken ended)
    {
        var bytes = 0L;
        for (var next = first; next is { } frame; next = await frames.ReadAsync(ended))
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
                && !TryCheck(
                    () => policy.Admit(CallerOf(frame.Hello), hello.Credentials, hello.Namespace), out credentials,
                    out var refusal)) return refusal;
            if (frame.Hello?.KnownProcess is not null) credentials = OwnerOf(_returning);
            // It has done what it is for.
            if (frame.Hello is not null) frame.Hello.Token = "";
            if (bounds.Audit is { } audit) Note(audit, frame);
            await session.WriteAsync(frame, credentials, ended, frames.FrameBytes);
        }

        return null;
    }

    private void Note(AuditLog audit, ClientFrame frame)
    {
        foreach (var calls in frame.Calls)
        {
            foreach (var call in calls.Calls)
            {
                if (call.OpCase is Call.OpOneofCase.Remove or Call.OpOneofCase.NamespaceRemove)
                    audit.Add("removes", $"{frames.Caller}", Removed(calls.Target, call));
            }
        }
    }

    private static (string, object?)[] Removed(Target? target, Call call) => call.OpCase switch
    {
        Call.OpOneofCase.NamespaceRemove => [("kind", "namespace"), ("name", call.NamespaceRemove.Name)],
        _ when call.Remove.Name.Length > 0 => [("kind", KindOf(target)), ("name", call.Remove.Name)],
        _ => [("kind", KindOf(target)), ("id", call.Remove.Id)],
    };

    private static string KindOf(Target? directory) => ObjectKinds.Find((Kind)(directory?.Id ?? 0))?.Word ?? "unknown";

    // Null too if the client is gone.
    private async Task<Refusal?> GuardAsync(Func<Task<Refusal?>> read)
    {
        try
        {
            return await read();
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
            return null;
        }
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

    // A client that has said hello is not silent while it waits for its turn.
    private async Task<Refusal?> EnterAsync(CancellationToken cancelled)
    {
        try
        {
            if (bounds.NewProcesses.Enter(Connections.AddressOf(frames.Caller.Address), cancelled) is { } turn)
            {
                frames.Introduce();
                await turn;
            }

            Volatile.Write(ref _isBeginning, 1);
            return null;
        }
        catch (NewProcesses.TooManyException exception)
        {
            return new Refusal(Errno.EAGAIN, StatusCode.Unavailable, exception.Message);
        }
    }

    private void HasBegun()
    {
        if (Interlocked.Exchange(ref _isBeginning, 0) == 1) bounds.NewProcesses.HasBegun();
    }

    private Caller CallerOf(Hello hello) =>
        hello.Token.Length > 0 ? frames.Caller with { Token = hello.Token } : frames.Caller;

    // Whose process may come back over this connection; null: anybody's.
    private static Credentials? OwnerOf(Identity? identity) =>
        identity is { IsRoot: false, Uid: { } uid } ? new Credentials { Uid = uid, Gid = identity.Gid } : null;

    private static bool TryCheck<T>(Func<T> check, out T? result, out Refusal? refusal)
        where T : class
    {
        (result, refusal) = (null, null);
        try
        {
            result = check();
            return true;
        }
        catch (RpcException exception)
        {
            refusal = new Refusal(Errno.EACCES, exception.StatusCode, exception.Status.Detail);
            return false;
        }
    }

    private async Task WriteAsync(Session session, CancellationToken cancelled)
    {
        var output = session.Output;
        while (await output.WaitToReadAsync(cancelled))
        {
            // Lets objects that are ready run first, so that the frame also carries their results.
            await Task.Yield();
            while (output.TryRead(out var frame))
            {
                var bytes = Merge(frame, output);
                if (frame.Welcome is not null)
                {
                    frames.Introduce();
                    HasBegun();
                }

                // The frame is not used after this, so the results do not stay in memory beside their written bytes.
                await frames.WriteAsync(frame, cancelled);
                session.Delivered(bytes);
            }
        }
    }

    private async Task RefuseAsync(Refusal refusal, CancellationToken cancelled)
    {
        var mayRetry = refusal.Errno is Errno.ETIMEDOUT or Errno.EAGAIN;
        var farewell = new Farewell { Errno = (int)refusal.Errno, Reason = refusal.Reason, Retry = mayRetry };
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
