using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>struct ipc_perm of sysvipc(7).</summary>
/// <param name="Key">The key; 0: the object has none (IPC_PRIVATE).</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The owner's group.</param>
/// <param name="Cuid">The creator.</param>
/// <param name="Cgid">The creator's group.</param>
/// <param name="Mode">The nine permission bits.</param>
public readonly record struct IpcPermissions(
    int Key, uint Uid, uint Gid, uint Cuid, uint Cgid, UnixFileMode Mode)
{
    internal static IpcPermissions From(Permissions? wire) => wire is null
        ? default
        : new IpcPermissions(
            wire.Key, wire.Uid, wire.Gid, wire.Cuid, wire.Cgid, (UnixFileMode)(wire.Mode & IpcFlags.ModeBits));
}
