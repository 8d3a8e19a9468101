using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Connection;

/// <summary>
/// A call that a caller awaits. It is the source of the ValueTask that the caller holds, in the type that the caller
/// needs, and returns to the connection's pool when it has been awaited: a call allocates nothing but its protobuf
/// messages. Continuations run in the thread pool, never on the reader.
/// </summary>
internal sealed class PendingCall(IpcConnection connection) : EngineCall,
    IValueTaskSource, IValueTaskSource<Result>, IValueTaskSource<bool>,
    IValueTaskSource<IpcMessage>, IValueTaskSource<IpcMessage?>, IValueTaskSource<Grant>,
    IValueTaskSource<PosixMessage>, IValueTaskSource<PosixMessage?>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private string _name = "";
    private Errno _soft;
    private Activity? _span;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public short Version => _core.Version;

    /// <param name="name">The call's name, for exceptions.</param>
    /// <param name="soft">The errno that is an answer (false, null) rather than an exception.</param>
    /// <param name="token">The caller's.</param>
    public void Label(string name, Errno soft, CancellationToken token)
    {
        _name = name;
        _soft = soft;
        _token = token;
    }

    /// <summary>The call was started: from now on the token interrupts it.</summary>
    public void Watch()
    {
        if (_token.CanBeCanceled)
            _registration = _token.UnsafeRegister(static call => ((PendingCall)call!).Interrupt(), this);
    }

    /// <summary>Begins the call's span. Its context travels with the call.</summary>
    public void BeginSpan(Target target, Call body)
    {
        _span = CallSpans.StartClient(target, body);
        if (_span is not null)
            body.Trace = CallSpans.Write(_span.Context);
    }

    public void Complete()
    {
        if (Interlocked.Exchange(ref _span, null) is { } span)
            CallSpans.Stop(span, Result is null ? null : IsSoft(Result) ? 0 : Result.Errno);
        _core.SetResult(true);
    }

    /// <summary>The call has failed before it was started.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Fails a call that is not sent. The caller still calls <see cref="Complete"/>.</summary>
    public void FailUnsent(Errno errno)
    {
        Result = new Result { Errno = (int)errno };
        IsRefused = true;
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        var status = _core.GetStatus(token);
        if (status != ValueTaskSourceStatus.Succeeded || (Result is { } result && IsAnswer(result)))
            return status;
        return IsInterrupted ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;
    }

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => Finish(token);

    Result IValueTaskSource<Result>.GetResult(short token) => Finish(token);

    bool IValueTaskSource<bool>.GetResult(short token) => Finish(token).Errno == 0;

    IpcMessage IValueTaskSource<IpcMessage>.GetResult(short token) => ToMessage(Finish(token));

    IpcMessage? IValueTaskSource<IpcMessage?>.GetResult(short token)
    {
        var result = Finish(token);
        return result.Errno == 0 ? ToMessage(result) : null;
    }

    PosixMessage IValueTaskSource<PosixMessage>.GetResult(short token) => ToPosixMessage(Finish(token));

    PosixMessage? IValueTaskSource<PosixMessage?>.GetResult(short token)
    {
        var result = Finish(token);
        return result.Errno == 0 ? ToPosixMessage(result) : null;
    }

    Grant IValueTaskSource<Grant>.GetResult(short token)
    {
        var (pid, lapses) = (CompletedPid, CompletedLapses); // Read first: afterwards another caller may have the call.
        return new Grant(Finish(token), pid) { Lapses = lapses };
    }

    private bool IsInterrupted => Result?.Errno == (int)Errno.EINTR && _token.IsCancellationRequested;

    public static IpcMessage ToMessage(Result result) =>
        new(result.Message.Type, result.Message.Text.Memory, result.Revision);

    public static PosixMessage ToPosixMessage(Result result) =>
        new(result.MqueueMessage.Text.Memory, (int)result.MqueueMessage.Priority, result.Revision);

    private bool IsAnswer(Result result) => IsSoft(result) || _soft == CallRequest.AnyErrno;

    private bool IsSoft(Result result) => result.Errno == 0 || result.Errno == (int)_soft
        || (_soft == CallRequest.FullOrEmpty && (Errno)result.Errno is Errno.EAGAIN or Errno.ETIMEDOUT);

    private void Interrupt() => connection.Cancel(this);

    private Result Finish(short token)
    {
        _core.GetResult(token);

        // Disposal waits for a callback that runs right now: afterwards nothing refers to this call any more.
        _registration.Dispose();
        var result = Result;
        if (result is not null && IsAnswer(result))
        {
            Recycle();
            return result;
        }

        var exception = ToException();
        Recycle();
        throw exception;
    }

    private Exception ToException()
    {
        if (IsInterrupted)
            return new OperationCanceledException($"{_name}: interrupted; it did not happen", _token);
        if (Result is { } result)
        {
            return (Errno)result.Errno switch
            {
                Errno.EINTR when connection.IsDisposed => Closed(),
                Errno.ETIMEDOUT => new IpcTimeoutException(Errno.ETIMEDOUT, _name),
                var errno => new IpcException(errno, _name),
            };
        }

        var failure = Failure!;
        if (connection.IsDisposed && !EverSent)
            return Closed();
        return failure.Errno == Errno.ESRCH
            ? new IpcSessionLostException(_name, failure.Reason, failure.KilledBy)
            : new IpcConnectException(failure.Errno, failure.Reason);
    }

    // The name of the type that callers know; it lies in a layer above this one.
    private ObjectDisposedException Closed() =>
        new("IpcClient", $"{_name}: the client is closed; it did not happen");

    private void Recycle()
    {
        IsRefused = false;
        _core.Reset();
        _registration = default;
        _token = default;
        Result = null;
        Failure = null;
        connection.Return(this);
    }
}
