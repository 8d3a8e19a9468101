using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The limits of a namespace, as sysctl(8) names them below kernel.</summary>
public sealed record NamespaceLimits
{
    /// <summary>Bytes of one message.</summary>
    public long Msgmax { get; init; }

    /// <summary>Bytes of one queue: msg_qbytes at its creation.</summary>
    public long Msgmnb { get; init; }

    /// <summary>Message queues in the namespace.</summary>
    public long Msgmni { get; init; }

    /// <summary>Semaphores of one set: the first number of kernel.sem.</summary>
    public long Semmsl { get; init; }

    /// <summary>Semaphores in the namespace: the second number of kernel.sem.</summary>
    public long Semmns { get; init; }

    /// <summary>Operations of one semop(2): the third number of kernel.sem.</summary>
    public long Semopm { get; init; }

    /// <summary>Semaphore sets in the namespace: the fourth number of kernel.sem.</summary>
    public long Semmni { get; init; }

    /// <summary>Bytes of one segment.</summary>
    public ulong Shmmax { get; init; }

    /// <summary>Pages of 4,096 bytes of all segments in the namespace.</summary>
    public ulong Shmall { get; init; }

    /// <summary>Segments in the namespace.</summary>
    public long Shmmni { get; init; }

    internal static NamespaceLimits From(Limits wire) => new()
    {
        Msgmax = wire.Msgmax,
        Msgmnb = wire.Msgmnb,
        Msgmni = wire.Msgmni,
        Semmsl = wire.Semmsl,
        Semmns = wire.Semmns,
        Semopm = wire.Semopm,
        Semmni = wire.Semmni,
        Shmmax = wire.Shmmax,
        Shmall = wire.Shmall,
        Shmmni = wire.Shmmni,
    };

    /// <summary>The limits as the wire has them: the ipc tool finds them there by name.</summary>
    internal Limits ToWire() => new()
    {
        Msgmax = Msgmax,
        Msgmnb = Msgmnb,
        Msgmni = Msgmni,
        Semmsl = Semmsl,
        Semmns = Semmns,
        Semopm = Semopm,
        Semmni = Semmni,
        Shmmax = Shmmax,
        Shmall = Shmall,
        Shmmni = Shmmni,
    };
}
