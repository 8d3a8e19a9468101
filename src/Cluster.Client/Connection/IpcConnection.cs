using System.Collections.Concurrent;
using Cluster.Client.Engine;
using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.Connection;

/// <summary>
/// Drives the engine: one short lock around it, one timer, and a reader and a writer for each stream. The effects that
/// the engine asks for are carried out at the end of each critical section; callers are woken outside of it.
/// </summary>
internal sealed partial class IpcConnection : IAsyncDisposable
{
    private const int PooledCalls = 4_096;

    /// <summary>A call above this does not fit a frame with its envelope, and no node would read it.</summary>
    private const int CallBytes = Bounds.FrameBytes - 4_096;

    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CallEngine _engine;
    private readonly IpcClientOptions _options;
    private readonly ILogger _log;
    private readonly long _started;
    private readonly ITimer _timer;
    private readonly ConcurrentQueue<PendingCall> _pool = new();
    private readonly HashSet<Task> _runners = [];
    private readonly StateNotifier _notifier;
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _lease = new(); // of what is held now
    private int _lapses;
    private int _pooled;
    private long _armedMs = long.MaxValue;
    private Task? _disposal;

    public IpcConnection(IpcTransport transport, IpcClientOptions options, StateNotifier notifier, ILogger log)
    {
        _log = log;
        Transport = transport;
        _options = options;
        _notifier = notifier;
        _engine = new CallEngine(EngineNumbers.From(options), Random.Shared.NextDouble);
        _started = options.TimeProvider.GetTimestamp();
        using (ExecutionContext.SuppressFlow())
        {
            _timer = options.TimeProvider.CreateTimer(
                static connection => ((IpcConnection)connection!).Tick(),
                this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public IpcTransport Transport { get; }

    /// <summary>The clock of this machine.</summary>
    public TimeProvider Time => _options.TimeProvider;

    /// <summary>Whether a write that fails with EPIPE sends SIGPIPE.</summary>
    public bool RaisesSigpipe => _options.RaisesSigpipe;

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

    /// <summary>
    /// Cancelled when the lease under which something was taken has run out by the clock of this machine, or the
    /// process has ended.
    /// </summary>
    /// <param name="of">What was taken.</param>
    public CancellationToken LeaseOf(Grant of)
    {
        lock (_gate)
            return of.Lapses == _engine.Lapses && !_engine.IsSuspended ? _lease.Token : new CancellationToken(true);
    }

    private long NowMs => (long)_options.TimeProvider.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Makes a call. The outcome is awaited through the PendingCall, once, in one of its types.</summary>
    public PendingCall Begin(in CallRequest request)
    {
        var call = Prepare(request);
        if (call.IsRefused)
        {
            call.Complete();
            return call;
        }

        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Start(call, NowMs);
            completed = RunEffects(null);
        }

        Complete(completed);
        call.Watch();
        return call;
    }

    /// <summary>
    /// Makes calls in one critical section: no writer looks for a frame in between, so all that fit leave together.
    /// </summary>
    public PendingCall[] BeginAll(IReadOnlyList<CallRequest> requests)
    {
        var calls = new PendingCall[requests.Count];
        for (var i = 0; i < calls.Length; i++)
            calls[i] = Prepare(requests[i]);
        List<EngineCall>? completed;
        lock (_gate)
        {
            foreach (var call in calls)
            {
                if (!call.IsRefused)
                    _engine.Start(call, NowMs);
            }

            completed = RunEffects(null);
        }

        Complete(completed);
        foreach (var call in calls)
        {
            if (call.IsRefused)
                call.Complete();
            else
                call.Watch();
        }

        return calls;
    }

    public ValueTask<Result> CallAsync(
        Target target, Call body, string name, CancellationToken cancellationToken, int ofPid = 0)
    {
        var call = Begin(new CallRequest(target, body, name, null, cancellationToken) { Of = new Grant(null, ofPid) });
        return new ValueTask<Result>(call, call.Version);
    }

    /// <summary>
    /// Acknowledges the result of a call that defers its acknowledgement. False: the process that made the call has
    /// ended.
    /// </summary>
    public bool Confirm(Target target, ulong seq, int pid)
    {
        lock (_gate)
        {
            var isConfirmed = _engine.Confirm(target, seq, pid, NowMs);
            RunEffects(null);
            return isConfirmed;
        }
    }

    public void Cancel(PendingCall call)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Cancel(call, NowMs);
            completed = RunEffects(null);
        }

        Complete(completed);
    }

    /// <summary>raise(3): sends a signal to the own process.</summary>
    /// <param name="pid">The pid, as of the call that is the reason.</param>
    /// <param name="send">The signal.</param>
    /// <param name="name">The call that is the reason.</param>
    public async Task RaiseAsync(int pid, SignalSend send, string name)
    {
        var call = new Call { Signal = new SignalCall { Send = send } };
        var own = new Target { Kind = Kind.Process, Id = pid };
        await CallAsync(own, call, name, CancellationToken.None, pid).ConfigureAwait(false);
    }

    /// <summary>A signal handler interrupts the calls that wait.</summary>
    /// <param name="restarts">SA_RESTART.</param>
    public void Interrupt(bool restarts)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Interrupt(restarts, NowMs);
            completed = RunEffects(null);
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

    /// <summary>A gateway has answered on a stream that was opened before.</summary>
    public void Reached(EngineStream stream)
    {
        lock (_gate)
            _engine.Reached(stream);
    }

    public void Opened(EngineStream stream, bool hasGateway)
    {
        lock (_gate)
        {
            _engine.Opened(stream, NowMs, hasGateway);
            RunEffects(null);
        }
    }

    public void Lost(EngineStream stream, string reason)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Lost(stream, reason, NowMs);
            completed = RunEffects(null);
        }

        Complete(completed);
    }

    public ClientFrame? NextFrame(EngineStream stream)
    {
        ClientFrame? frame;
        int resent;
        lock (_gate)
        {
            frame = _engine.NextFrame(stream, NowMs);
            resent = frame is null ? stream.TakeResentCalls() : 0;
        }

        // Once all of them are out, so that one line counts them.
        if (resent > 0)
            _log.Resent(Process?.Pid ?? 0, resent, stream.Node);
        return frame;
    }

    /// <param name="stream">Where the frame came from.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="spare">An empty list that this method may use; empty again when it returns.</param>
    public void Receive(EngineStream stream, ServerFrame frame, List<EngineCall> spare)
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _engine.Receive(stream, frame, NowMs);
            completed = RunEffects(spare);
        }

        Complete(completed);
        spare.Clear();
    }

    private void Tick()
    {
        List<EngineCall>? completed;
        lock (_gate)
        {
            _armedMs = long.MaxValue;
            _engine.Tick(NowMs);
            completed = RunEffects(null);
        }

        Complete(completed);
    }

    /// <summary>Carries out what the engine asks for. The caller holds the gate.</summary>
    private List<EngineCall>? RunEffects(List<EngineCall>? spare)
    {
        while (_engine.TryTakeCommand(out var command))
            Execute(command);
        while (_engine.TryTakeWoken(out var stream))
            (stream.Tag as StreamRunner)?.Wake();
        Process = _engine.Process ?? Process;
        if (_lapses != _engine.Lapses)
            EndLease();
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

    // The callbacks of the token run in the thread pool: the caller holds the gate.
    private void EndLease()
    {
        _lapses = _engine.Lapses;
        _ = _lease.CancelAsync();
        _lease = new CancellationTokenSource();
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
            RemoveRunner, CancellationToken.None, TaskContinuationOptions.DenyChildAttach, TaskScheduler.Default);
    }

    private void RemoveRunner(Task runner)
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

    private PendingCall Prepare(in CallRequest request)
    {
        var timeoutMs = request.TimeoutMs;
        var call = Rent();
        call.Prepare(request.Target, request.Body, timeoutMs);
        call.DefersAck = request.DefersAck;
        call.CountsAgainstWindow = request.CountsAgainstWindow;
        (call.OfPid, call.PassesTo) = (request.Of.Pid, request.Of.Next);
        call.Label(request.Name, request.Soft, request.CancellationToken);
        if (request.CancellationToken.IsCancellationRequested)
            call.FailUnsent(Errno.EINTR);
        else if (request.Refusal != Errno.None)
            call.FailUnsent(request.Refusal);
        else if (call.SizeBytes > CallBytes)
            call.FailUnsent(Errno.EINVAL);
        else if (CallSpans.HasListeners)
            call.BeginSpan(request.Target, request.Body);
        return call;
    }

    private PendingCall Rent()
    {
        if (!_pool.TryDequeue(out var call))
            return new PendingCall(this);
        Interlocked.Decrement(ref _pooled);
        return call;
    }
}
