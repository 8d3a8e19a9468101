using System.Collections.Concurrent;
using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Connection;

/// <summary>
/// Drives the engine: one short lock around it, one timer, and a reader and a writer for each stream. What the
/// engine wishes is done at the end of each critical section; callers are woken outside of it.
/// </summary>
internal sealed class IpcConnection : IAsyncDisposable
{
    private const int PooledCalls = 4_096;
    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CallEngine _engine;
    private readonly IpcClientOptions _options;
    private readonly long _started;
    private readonly ITimer _timer;
    private readonly ConcurrentQueue<PendingCall> _pool = new();
    private readonly HashSet<Task> _runners = [];
    private readonly StateNotifier _notifier;
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pooled;
    private long _armedMs = long.MaxValue;
    private Task? _disposal;

    public IpcConnection(IIpcTransport transport, IpcClientOptions options, StateNotifier notifier)
    {
        Transport = transport;
        _options = options;
        _notifier = notifier;
        _engine = new CallEngine(Settings.From(options), Random.Shared.NextDouble);
        _started = options.TimeProvider.GetTimestamp();
        using (ExecutionContext.SuppressFlow())
        {
            _timer = options.TimeProvider.CreateTimer(
                static connection => ((IpcConnection)connection!).Tick(),
                this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public IIpcTransport Transport { get; }

    public bool IsDisposed => Volatile.Read(ref _disposal) is not null;

    /// <summary>The process, once there is one.</summary>
    public Welcome? Process { get; private set; }

    public string? DefaultNode
    {
        get
        {
            lock (_gate)
                return _engine.DefaultNode;
        }
    }

    private long NowMs => (long)_options.TimeProvider.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Connects now rather than on the first call, and waits for it.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _engine.Connect(NowMs);
            Settle(null);
        }

        if (!await IsSettledAsync(_options.ConnectTimeout, cancellationToken).ConfigureAwait(false))
        {
            // A node that answers and cannot let the process in yet is a matter of time, one that is not there of
            // address.
            var longer = _options.AdmissionTimeout - _options.ConnectTimeout;
            var isReached = HasReachedNode && longer > TimeSpan.Zero;
            if (!isReached || !await IsSettledAsync(longer, cancellationToken).ConfigureAwait(false))
                throw new IpcConnectException(Errno.ETIMEDOUT, Unanswered(isReached));
        }

        lock (_gate)
        {
            if (Process is null)
                throw new IpcConnectException(_engine.Failure!.Errno, _engine.Failure.Reason);
        }
    }

    /// <summary>Makes a call. The outcome is awaited through the PendingCall, once, in whichever type.</summary>
    /// <param name="target">Whom it is for.</param>
    /// <param name="body">What it asks.</param>
    /// <param name="name">The call's name, for exceptions.</param>
    /// <param name="timeout">How long it may block; null: for ever.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="soft">The errno that is an answer rather than an exception.</param>
    /// <param name="holdsAck">The result is acknowledged after <see cref="Confirm"/>.</param>
    /// <param name="of">What it uses or gives back, which its process has alone: once that is lost, ESRCH.</param>
    public PendingCall Begin(
        Target target,
        Call body,
        string name,
        TimeSpan? timeout,
        CancellationToken cancellationToken,
        Errno soft = Errno.None,
        bool holdsAck = false,
        Grant of = default)
    {
        var timeoutMs = ToMs(timeout);
        var call = Rent();
        call.Prepare(target, body, timeoutMs);
        call.HoldsAck = holdsAck;
        (call.OfPid, call.PassesTo) = (of.Pid, of.Next);
        call.Label(name, soft, cancellationToken);
        if (cancellationToken.IsCancellationRequested)
        {
            call.Complete(Errno.EINTR);
            return call;
        }

        if (body.OpCase == Call.OpOneofCase.Msgsnd && body.Msgsnd.Text.Length > Bounds.MessageBytes)
        {
            call.Complete(Errno.EINVAL);
            return call;
        }

        if (CallSpans.HasListeners)
            call.Trace(target, body);
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Start(call, NowMs);
            completed = Settle(null);
        }

        Complete(completed);
        call.Watch();
        return call;
    }

    public ValueTask<Result> CallAsync(
        Target target, Call body, string name, CancellationToken cancellationToken, int ofPid = 0)
    {
        var call = Begin(target, body, name, null, cancellationToken, of: new Grant(null, ofPid));
        return new ValueTask<Result>(call, call.Version);
    }

    /// <summary>What a call was given that holds its acknowledgement is safe.</summary>
    public void Confirm(Target target, ulong seq)
    {
        lock (_gate)
        {
            _engine.Confirm(target, seq, NowMs);
            Settle(null);
        }
    }

    public void Cancel(PendingCall call)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Cancel(call, NowMs);
            completed = Settle(null);
        }

        Complete(completed);
    }

    public void Return(PendingCall call)
    {
        if (Interlocked.Increment(ref _pooled) <= PooledCalls)
            _pool.Enqueue(call);
        else
            Interlocked.Decrement(ref _pooled);
    }

    public void Opened(EngineStream stream)
    {
        lock (_gate)
        {
            _engine.Opened(stream, NowMs);
            Settle(null);
        }
    }

    public void Lost(EngineStream stream, string reason)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Lost(stream, reason, NowMs);
            completed = Settle(null);
        }

        Complete(completed);
    }

    public ClientFrame? NextFrame(EngineStream stream)
    {
        lock (_gate)
            return _engine.NextFrame(stream, NowMs);
    }

    /// <param name="stream">Where the frame came from.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="spare">A list of the caller's that may be used meanwhile.</param>
    public void Receive(EngineStream stream, ServerFrame frame, List<EngineCall> spare)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Receive(stream, frame, NowMs);
            completed = Settle(spare);
        }

        Complete(completed);
        spare.Clear();
    }

    public ValueTask DisposeAsync()
    {
        List<EngineCall>? completed = null;
        lock (_gate)
        {
            if (_disposal is null)
            {
                _engine.Close(NowMs);
                _disposal = CloseAsync();
                completed = Settle(null);
            }
        }

        Complete(completed);
        return new ValueTask(_disposal);
    }

    private async Task CloseAsync()
    {
        await _closed.Task.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        Task[] runners;
        lock (_gate)
            runners = [.. _runners];
        try
        {
            await Task.WhenAll(runners).WaitAsync(StreamPatience, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A transport that does not let go of a stream is not waited for.
        }

        await Transport.DisposeAsync().ConfigureAwait(false);
    }

    private void Tick()
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _armedMs = long.MaxValue;
            _engine.Tick(NowMs);
            completed = Settle(null);
        }

        Complete(completed);
    }

    /// <summary>Carries out what the engine wishes. Under the gate.</summary>
    private List<EngineCall>? Settle(List<EngineCall>? spare)
    {
        while (_engine.TryTakeCommand(out var command))
            Execute(command);
        while (_engine.TryTakeWoken(out var stream))
            (stream.Tag as StreamRunner)?.Wake();
        Process = _engine.Process ?? Process;
        if (_notifier.Follow(_engine))
            Announce();
        var dueMs = _engine.NextDueMs;
        if (dueMs < _armedMs)
        {
            _armedMs = dueMs;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, dueMs - NowMs)), Timeout.InfiniteTimeSpan);
        }

        if (!_engine.HasCompleted)
            return null;
        var completed = spare ?? [];
        _engine.TakeCompleted(completed);
        return completed;
    }

    private void Announce()
    {
        if (_engine.State is EngineState.Connected or EngineState.Failed or EngineState.Closed)
            _settled.TrySetResult();
        if (_engine.State is EngineState.Closed)
            _closed.TrySetResult();
    }

    private void Execute(StreamCommand command)
    {
        if (!command.Open)
        {
            (command.Stream.Tag as StreamRunner)?.Stop();
            return;
        }

        var runner = new StreamRunner(this, command.Stream);
        command.Stream.Tag = runner;
        var running = runner.Start();
        _runners.Add(running);
        running.ContinueWith(
            Forget, CancellationToken.None, TaskContinuationOptions.DenyChildAttach, TaskScheduler.Default);
    }

    private void Forget(Task runner)
    {
        lock (_gate)
            _runners.Remove(runner);
    }

    private static void Complete(List<EngineCall>? completed)
    {
        if (completed is null)
            return;
        foreach (var call in completed)
            ((PendingCall)call).Complete();
    }

    private PendingCall Rent()
    {
        if (!_pool.TryDequeue(out var call))
            return new PendingCall(this);
        Interlocked.Decrement(ref _pooled);
        return call;
    }

    private async Task<bool> IsSettledAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            await _settled.Task.WaitAsync(within, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private bool HasReachedNode
    {
        get
        {
            lock (_gate)
                return _engine.HasReachedNode;
        }
    }

    private string Unanswered(bool isReached)
    {
        lock (_gate)
        {
            var reason = _engine.LastError.Length > 0 ? ": " + _engine.LastError : "";
            var seconds = (isReached ? _options.AdmissionTimeout : _options.ConnectTimeout).TotalSeconds;
            var what = isReached ? "no node let the process in" : "no node answered";
            return $"{what} within {seconds:0.###} s at {string.Join(", ", _options.Addresses)}{reason}";
        }
    }

    private static long ToMs(TimeSpan? timeout)
    {
        if (timeout is not { } span || span == Timeout.InfiniteTimeSpan)
            return -1;
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, nameof(timeout));
        return (long)Math.Ceiling(span.TotalMilliseconds);
    }
}
