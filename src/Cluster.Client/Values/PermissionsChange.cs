namespace Cluster.Client;

/// <summary>What IPC_SET changes of an object. A member that is null stays as it is.</summary>
public record PermissionsChange
{
    /// <summary>The new owner.</summary>
    public uint? Uid { get; init; }

    /// <summary>The new owner's group.</summary>
    public uint? Gid { get; init; }

    /// <summary>The new permissions. Bits above the nine permission bits are ignored.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Whether all members are given, as msgctl(2) and its like write them.</summary>
    internal virtual bool IsComplete => Uid is not null && Gid is not null && Mode is not null;
}
