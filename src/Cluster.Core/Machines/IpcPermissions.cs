using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>The permission checks of sysvipc(7): ipcperms of ipc/util.c.</summary>
public static class IpcPermissions
{
    /// <summary>Read, as one octal digit.</summary>
    public const int Read = 4;

    /// <summary>Execute, as one octal digit. Only shmat(2) with SHM_EXEC asks for it.</summary>
    public const int Execute = 1;

    /// <summary>Write, as one octal digit.</summary>
    public const int Write = 2;

    /// <summary>
    /// Whether the caller has all the permissions that it asks for. The first digit of the mode counts for the owner
    /// and the creator, the second for members of the owner's or the creator's group, the third for others. With
    /// CAP_IPC_OWNER it has all.
    /// </summary>
    /// <param name="permissions">The permissions of the object.</param>
    /// <param name="caller">The credentials of the caller.</param>
    /// <param name="wanted">One octal digit, or the nine mode bits as msgget(2) has them: any digit counts.</param>
    public static bool Allow(Permissions permissions, Credentials caller, int wanted)
    {
        if (caller.Has(LinuxCapability.IpcOwner)) return true;
        var asked = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
        var granted = (int)permissions.Mode;
        if (caller.Uid == permissions.Uid || caller.Uid == permissions.Cuid) granted >>= 6;
        else if (InGroup(caller, permissions.Gid) || InGroup(caller, permissions.Cgid)) granted >>= 3;
        return (asked & ~granted) == 0;
    }

    /// <summary>Whether the caller may change or remove the object: its owner, its creator, or who has CAP_SYS_ADMIN.</summary>
    public static bool Owns(Permissions permissions, Credentials caller) =>
        caller.Has(LinuxCapability.SysAdmin) || caller.Uid == permissions.Uid || caller.Uid == permissions.Cuid;

    private static bool InGroup(Credentials caller, uint gid) => caller.Gid == gid || caller.Groups.Contains(gid);
}
