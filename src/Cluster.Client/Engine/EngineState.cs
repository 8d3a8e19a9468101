namespace Cluster.Client.Engine;

/// <summary>What the engine does.</summary>
internal enum EngineState
{
    /// <summary>No call was made yet.</summary>
    Idle,

    Connecting,

    Connected,

    Reconnecting,

    /// <summary>Final: the process has ended, or was refused. See <see cref="CallEngine.Failure"/>.</summary>
    Failed,

    Closing,

    Closed,
}
