namespace Cluster.Client;

/// <summary>What a process does: the state of ps(1).</summary>
public enum IpcProcessState
{
    /// <summary>Its node did not say it.</summary>
    Unknown = 0,

    /// <summary>R: no call of it is under way.</summary>
    Running = 1,

    /// <summary>S: it waits for the result of a call.</summary>
    Sleeping = 2,

    /// <summary>T: a signal has stopped it.</summary>
    Stopped = 3,

    /// <summary>D: it has no connection to a node. Its lease still runs, or it is stopped.</summary>
    Disconnected = 4,

    /// <summary>Z: it has ended, and not every object has confirmed that.</summary>
    Exiting = 5,
}
