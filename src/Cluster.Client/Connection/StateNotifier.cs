using Cluster.Client.Engine;

namespace Cluster.Client.Connection;

/// <summary>Follows the engine's state, and tells of its changes in order, on the thread pool.</summary>
internal sealed class StateNotifier(Action<IpcStateChange> raise)
{
    private readonly Queue<IpcStateChange> _changes = new();
    private EngineState _seen;
    private volatile IpcConnectionState _state;
    private bool _raising;

    public IpcConnectionState State => _state;

    /// <summary>True if the engine's state is another one than before. One caller at a time.</summary>
    public bool Follow(CallEngine engine)
    {
        if (engine.State == _seen)
            return false;
        var reborn = engine.State == EngineState.Connecting && _seen != EngineState.Idle;
        _seen = engine.State;
        if (reborn)
            Change(new IpcStateChange(IpcConnectionState.Lost, engine.Failure?.Reason ?? ""));
        Change(new IpcStateChange(Translate(_seen), Reason(engine)));
        return true;
    }

    private static IpcConnectionState Translate(EngineState state) => state switch
    {
        EngineState.Idle or EngineState.Connecting => IpcConnectionState.Connecting,
        EngineState.Connected => IpcConnectionState.Connected,
        EngineState.Reconnecting => IpcConnectionState.Reconnecting,
        EngineState.Failed => IpcConnectionState.Lost,
        _ => IpcConnectionState.Closed,
    };

    private static string Reason(CallEngine engine) => engine.State switch
    {
        EngineState.Reconnecting => engine.LastError,
        EngineState.Failed => engine.Failure?.Reason ?? "",
        _ => "",
    };

    private void Change(IpcStateChange change)
    {
        if (change.State == _state)
            return;
        _state = change.State;
        lock (_changes)
        {
            _changes.Enqueue(change);
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
            IpcStateChange change;
            lock (_changes)
            {
                if (!_changes.TryDequeue(out change))
                {
                    _raising = false;
                    return;
                }
            }

            raise(change);
        }
    }
}
