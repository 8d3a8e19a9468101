namespace Cluster.Client;

/// <summary>What a line of a trace tells.</summary>
public enum IpcTraceEventKind
{
    /// <summary>A call blocks.</summary>
    Parked = 0,

    /// <summary>A call has completed.</summary>
    Completed = 1,

    /// <summary>The process has exited.</summary>
    Exited = 2,

    /// <summary>The lease of the process ran out.</summary>
    Expired = 3,

    /// <summary>Events are missing, because there was no room for them.</summary>
    Dropped = 4,

    /// <summary>A node has left the cluster, with the events that it had not told.</summary>
    NodeLost = 5,
}
