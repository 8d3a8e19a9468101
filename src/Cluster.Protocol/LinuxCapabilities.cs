namespace Cluster.Protocol;

/// <summary>The capabilities(7) that IPC asks for, with their numbers in linux/capability.h.</summary>
public enum LinuxCapability
{
    /// <summary>CAP_DAC_OVERRIDE: read and write any file.</summary>
    DacOverride = 1,

    /// <summary>CAP_DAC_READ_SEARCH: read any file.</summary>
    DacReadSearch = 2,

    /// <summary>CAP_KILL: send signals to any process.</summary>
    Kill = 5,

    /// <summary>CAP_IPC_OWNER: read, write and execute any System V object.</summary>
    IpcOwner = 15,

    /// <summary>CAP_SYS_ADMIN: change and remove any object.</summary>
    SysAdmin = 21,

    /// <summary>CAP_SYS_RESOURCE: pass limits.</summary>
    SysResource = 24,
}

/// <summary>
/// What a caller may beyond its uid. Uid 0 has every capability, unless its process says that it has dropped some, as
/// capset(2) does. Other users have none.
/// </summary>
public static class LinuxCapabilities
{
    /// <summary>All that IPC asks for, as bits of a set.</summary>
    public static ulong All { get; } =
        Enum.GetValues<LinuxCapability>().Aggregate(0UL, (set, capability) => set | 1UL << (int)capability);

    /// <summary>Whether the caller has the capability.</summary>
    public static bool Has(this Credentials caller, LinuxCapability capability) =>
        caller.Uid == 0 && (!caller.HasCapabilities || (caller.Capabilities & (1UL << (int)capability)) != 0);
}
