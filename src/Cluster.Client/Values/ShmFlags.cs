using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Flags of shmat(2), with Linux's values.</summary>
[Flags]
public enum ShmFlags
{
    /// <summary>Attaches for reading and writing.</summary>
    None = 0,

    /// <summary>SHM_RDONLY: attaches for reading only.</summary>
    ReadOnly = IpcFlags.SHM_RDONLY,

    /// <summary>SHM_RND: rounds the address down. No effect: there are no addresses.</summary>
    Round = IpcFlags.SHM_RND,

    /// <summary>SHM_REMAP: replaces another mapping. EINVAL: there are no addresses.</summary>
    Remap = IpcFlags.SHM_REMAP,

    /// <summary>SHM_EXEC: asks for execute permission as well.</summary>
    Execute = IpcFlags.SHM_EXEC,
}
