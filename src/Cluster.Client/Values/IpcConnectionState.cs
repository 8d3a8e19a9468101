namespace Cluster.Client;

/// <summary>What the connection of a client does.</summary>
public enum IpcConnectionState
{
    /// <summary>No node has let the process in yet.</summary>
    Connecting = 0,

    /// <summary>Connected: calls go out.</summary>
    Connected = 1,

    /// <summary>
    /// The connection was lost, and the lease of the process still runs. Calls wait until a node takes the process
    /// back.
    /// </summary>
    Reconnecting = 2,

    /// <summary>The process no longer exists in the cluster: its lease ran out, or it was ended. Final, unless
    /// <see cref="IpcClientOptions.NewProcessWhenLost"/> is set and no signal killed the process.</summary>
    Lost = 3,

    /// <summary>The client is disposed of.</summary>
    Closed = 4,

    /// <summary>
    /// By the clock of this machine the lease of the process has run out, and the cluster has not said since that the
    /// process lives. Others may have its locks and its messages, so <see cref="SemaphorePermit.Lost"/> is cancelled
    /// for each permit. When the cluster answers, the state becomes <see cref="Lost"/>, or <see cref="Connected"/> if
    /// the cluster has not ended the process.
    /// </summary>
    Suspended = 5,
}
