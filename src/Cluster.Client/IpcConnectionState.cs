namespace Cluster.Client;

/// <summary>What the connection of a client does.</summary>
public enum IpcConnectionState
{
    /// <summary>Not connected yet.</summary>
    Connecting = 0,

    /// <summary>Connected: calls go out.</summary>
    Connected = 1,

    /// <summary>The connection was lost; calls wait until a node takes the process back.</summary>
    Reconnecting = 2,

    /// <summary>The process no longer exists on the cluster: its lease ran out. Final, unless
    /// <see cref="IpcClientOptions.NewProcessWhenLost"/> is set.</summary>
    Lost = 3,

    /// <summary>Disposed.</summary>
    Closed = 4,
}
