namespace Cluster.Client;

/// <summary>What the connection of a client does.</summary>
public enum IpcConnectionState
{
    /// <summary>No node has let the process in yet.</summary>
    Connecting = 0,

    /// <summary>Connected: calls go out.</summary>
    Connected = 1,

    /// <summary>The connection was lost. Calls wait until a node takes the process back.</summary>
    Reconnecting = 2,

    /// <summary>The process no longer exists in the cluster: its lease ran out, or it was ended. Final, unless
    /// <see cref="IpcClientOptions.NewProcessWhenLost"/> is set.</summary>
    Lost = 3,

    /// <summary>The client is disposed of.</summary>
    Closed = 4,
}
