using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// The permission check of files: path_resolution(7), as objects with names have it. Unlike in sysvipc(7) the creator
/// counts for nothing: only the owner's class, the group's class, or the class of the others decides.
/// </summary>
public static class FilePermissions
{
    /// <summary>The access mode whose permission open(2) asks for: O_TRUNC needs that to write, too.</summary>
    public static int NeededBy(int flags)
    {
        var access = flags & FileFlags.O_ACCMODE;
        return access == FileFlags.O_RDONLY && (flags & FileFlags.O_TRUNC) != 0 ? FileFlags.O_RDWR : access;
    }

    /// <summary>Whether a caller may open an object with an access mode (O_RDONLY, O_WRONLY, O_RDWR).</summary>
    public static bool Allow(Permissions permissions, Credentials caller, int accessMode)
    {
        if (caller.Has(LinuxCapability.DacOverride)) return true;
        if (accessMode == FileFlags.O_RDONLY && caller.Has(LinuxCapability.DacReadSearch)) return true;
        var wanted = accessMode switch
        {
            FileFlags.O_RDONLY => IpcPermissions.Read,
            FileFlags.O_WRONLY => IpcPermissions.Write,
            _ => IpcPermissions.Read | IpcPermissions.Write,
        };
        var granted = (int)permissions.Mode;
        if (caller.Uid == permissions.Uid) granted >>= 6;
        else if (caller.Gid == permissions.Gid || caller.Groups.Contains(permissions.Gid)) granted >>= 3;
        return (wanted & ~granted) == 0;
    }
}
