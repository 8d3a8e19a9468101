using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// Flags of msgget(2), semget(2) and shmget(2), with Linux's values. The mode is an argument of its own.
/// </summary>
[Flags]
public enum GetFlags
{
    /// <summary>Finds the object of a key. ENOENT: no object has the key.</summary>
    None = 0,

    /// <summary>IPC_CREAT: makes the object if no object has the key.</summary>
    Create = IpcFlags.IPC_CREAT,

    /// <summary>IPC_EXCL: with <see cref="Create"/>, EEXIST if an object has the key.</summary>
    Exclusive = IpcFlags.IPC_EXCL,
}
