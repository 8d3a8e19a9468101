using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Flags of one operation of semop(2), with Linux's values.</summary>
[Flags]
public enum SemFlags
{
    /// <summary>Waits until the operation can be performed. Nothing undoes it.</summary>
    None = 0,

    /// <summary>IPC_NOWAIT: EAGAIN instead of waiting.</summary>
    NoWait = IpcFlags.IPC_NOWAIT,

    /// <summary>SEM_UNDO: the cluster undoes the operation when the process ends.</summary>
    Undo = IpcFlags.SEM_UNDO,
}
