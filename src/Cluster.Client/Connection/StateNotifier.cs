using Cluster.Client.Engine;
using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.Connection;

/// <summary>Follows the engine's state. Changes are logged and told in order, on the thread pool.</summary>
internal sealed class StateNotifier(Action<IpcStateChange> raise, ILogger log, TimeProvider time)
{
    private readonly Queue<Change> _changes = new();
    private EngineState _seen;
    private bool _isSuspended;
    private volatile IpcConnectionState _state;
    private bool _raising;
    private bool _wasConnected;
    private int _pid;
    private string _node = "";
    private long _lostAt;

    /// <param name="State">The change that is told; null: none, there is only a line to write.</param>
    /// <param name="Write">Writes its line, if it has one.</param>
    private readonly record struct Change(IpcStateChange? State, Action<ILogger>? Write);

    public IpcConnectionState State => _state;

    /// <summary>True if the engine's state has changed. One caller at a time.</summary>
    public bool Follow(CallEngine engine)
    {
        if (engine.State == _seen && engine.IsSuspended == _isSuspended)
            return false;
        var (wasSuspended, isOther) = (_isSuspended, engine.State != _seen);
        var isNewProcess = isOther && engine.State == EngineState.Connecting && _seen != EngineState.Idle;
        (_seen, _isSuspended) = (engine.State, engine.IsSuspended);
        if (isNewProcess)
            Enqueue(Told(IpcConnectionState.Lost, engine.Failure?.Reason ?? "", engine), Lost(engine.Failure));
        Enqueue(Told(Translate(engine), Reason(engine), engine), isOther ? Line(engine) : null);
        if (wasSuspended != _isSuspended)
            Enqueue(Told(Translate(engine), Reason(engine), engine), LeaseLine(engine));
        return true;
    }

    private static IpcStateChange Told(IpcConnectionState state, string reason, CallEngine engine) => new(state, reason)
    {
        KilledBy = state == IpcConnectionState.Lost ? engine.Failure?.KilledBy ?? Signal.None : Signal.None,
    };

    private Action<ILogger>? LeaseLine(CallEngine engine)
    {
        if (engine.Process is not { } process || engine.State is not (EngineState.Connected or EngineState.Reconnecting))
            return null;
        var (pid, leaseMs) = (process.Pid, process.LeaseMs);
        return _isSuspended ? to => to.Suspended(pid, leaseMs) : to => to.Confirmed(pid);
    }

    /// <summary>Whatever a line says is read now: the engine goes on before the line is written.</summary>
    private Action<ILogger>? Line(CallEngine engine)
    {
        switch (engine.State)
        {
            case EngineState.Connected:
                return Connected(engine);
            case EngineState.Reconnecting:
                var (reason, calls, at) = (engine.LastError, engine.OutstandingCount, (Pid: _pid, Node: _node));
                _lostAt = time.GetTimestamp();
                return to => to.ConnectionLost(at.Pid, at.Node, reason, calls);
            case EngineState.Failed when _pid == 0:
                var failure = engine.Failure!;
                return to => to.Refused(failure.Errno, failure.Reason);
            case EngineState.Failed:
                return Lost(engine.Failure);
            case EngineState.Closed when _pid != 0:
                var closed = _pid;
                return to => to.Closed(closed);
            default:
                return null;
        }
    }

    private Action<ILogger> Connected(CallEngine engine)
    {
        var process = engine.Process!;
        var (pid, node, path) = (process.Pid, engine.DefaultNode ?? "", process.Namespace);
        var downMs = (long)time.GetElapsedTime(_lostAt).TotalMilliseconds;
        var isBack = _wasConnected && pid == _pid;
        (_pid, _node, _wasConnected) = (pid, node, true);
        if (isBack)
            return to => to.Back(pid, node, downMs);
        return to => to.Connected(node, pid, path);
    }

    private Action<ILogger> Lost(EngineFailure? failure)
    {
        var (pid, reason) = (_pid, failure?.Reason ?? "");
        return to => to.ProcessLost(pid, reason);
    }

    private static IpcConnectionState Translate(CallEngine engine) => engine.State switch
    {
        EngineState.Connected or EngineState.Reconnecting when engine.IsSuspended => IpcConnectionState.Suspended,
        EngineState.Idle or EngineState.Connecting => IpcConnectionState.Connecting,
        EngineState.Connected => IpcConnectionState.Connected,
        EngineState.Reconnecting => IpcConnectionState.Reconnecting,
        EngineState.Failed => IpcConnectionState.Lost,
        _ => IpcConnectionState.Closed,
    };

    private static string Reason(CallEngine engine) => engine.State switch
    {
        EngineState.Connected or EngineState.Reconnecting when engine.IsSuspended =>
            $"the cluster has said nothing during the lease of {engine.Process?.LeaseMs} ms",
        EngineState.Reconnecting => engine.LastError,
        EngineState.Failed => engine.Failure?.Reason ?? "",
        _ => "",
    };

    private void Enqueue(IpcStateChange change, Action<ILogger>? write)
    {
        var isTold = change.State != _state;
        if (!isTold && write is null)
            return;
        _state = change.State;
        lock (_changes)
        {
            _changes.Enqueue(new Change(isTold ? change : null, write));
            if (_raising)
                return;
            _raising = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static notifier => notifier.Raise(), this, preferLocal: false);
    }

    private void Raise()
    {
        while (true)
        {
            Change change;
            lock (_changes)
            {
                if (!_changes.TryDequeue(out change))
                {
                    _raising = false;
                    return;
                }
            }

            change.Write?.Invoke(log);
            if (change.State is { } state)
                raise(state);
        }
    }
}
