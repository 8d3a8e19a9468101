using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>The permission checks of sysvipc(7), with Linux's rules for who is what.</summary>
public static class IpcPermissions
{
    /// <summary>Read, as one octal digit.</summary>
    public const int Read = 4;

    /// <summary>Execute, as one octal digit: only shmat(SHM_EXEC) asks for it.</summary>
    public const int Execute = 1;

    /// <summary>Write, as one octal digit.</summary>
    public const int Write = 2;

    /// <summary>
    /// Whether the caller has all that is asked for: owner or creator by the first digit of the mode, a member of the
    /// owner's or the creator's group by the second, everybody else by the third; uid 0 always.
    /// </summary>
    /// <param name="permissions">The object's.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="wanted">One octal digit, or the nine mode bits as msgget(2) has them: any digit counts.</param>
    public static bool Allow(Permissions permissions, Credentials caller, int wanted)
    {
        if (caller.Uid == 0) return true;
        var asked = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
        var granted = (int)permissions.Mode;
        if (caller.Uid == permissions.Uid || caller.Uid == permissions.Cuid) granted >>= 6;
        else if (InGroup(caller, permissions.Gid) || InGroup(caller, permissions.Cgid)) granted >>= 3;
        return (asked & ~granted) == 0;
    }

    /// <summary>Whether the caller may change or remove the object: its owner, its creator, or uid 0.</summary>
    public static bool Owns(Permissions permissions, Credentials caller) =>
        caller.Uid == 0 || caller.Uid == permissions.Uid || caller.Uid == permissions.Cuid;

    private static bool InGroup(Credentials caller, uint gid) => caller.Gid == gid || caller.Groups.Contains(gid);
}
