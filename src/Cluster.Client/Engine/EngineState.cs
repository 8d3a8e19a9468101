namespace Cluster.Client.Engine;

/// <summary>What the engine does.</summary>
internal enum EngineState
{
    /// <summary>Nothing was asked of it yet.</summary>
    Idle,

    Connecting,

    Connected,

    Reconnecting,

    /// <summary>Final: the process is gone, or was refused. See <see cref="CallEngine.Failure"/>.</summary>
    Failed,

    Closing,

    Closed,
}
