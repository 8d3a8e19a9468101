using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The limits of a namespace, as sysctl(8) names them below kernel.</summary>
public sealed record NamespaceLimits
{
    private readonly Limits _wire; // each limit is written once, and none can be forgotten on its way

    /// <summary>Limits that are all 0.</summary>
    public NamespaceLimits()
        : this(new Limits())
    {
    }

    private NamespaceLimits(Limits wire) => _wire = wire;

    // For "with": the copy may change its limits.
    private NamespaceLimits(NamespaceLimits other) => _wire = other._wire.Clone();

    /// <summary>Bytes of one message.</summary>
    public long Msgmax { get => _wire.Msgmax; init => _wire.Msgmax = value; }

    /// <summary>Bytes of one queue: msg_qbytes at its creation.</summary>
    public long Msgmnb { get => _wire.Msgmnb; init => _wire.Msgmnb = value; }

    /// <summary>Message queues in the namespace.</summary>
    public long Msgmni { get => _wire.Msgmni; init => _wire.Msgmni = value; }

    /// <summary>Semaphores of one set: the first number of kernel.sem.</summary>
    public long Semmsl { get => _wire.Semmsl; init => _wire.Semmsl = value; }

    /// <summary>Semaphores in the namespace: the second number of kernel.sem.</summary>
    public long Semmns { get => _wire.Semmns; init => _wire.Semmns = value; }

    /// <summary>Operations of one semop(2): the third number of kernel.sem.</summary>
    public long Semopm { get => _wire.Semopm; init => _wire.Semopm = value; }

    /// <summary>Semaphore sets in the namespace: the fourth number of kernel.sem.</summary>
    public long Semmni { get => _wire.Semmni; init => _wire.Semmni = value; }

    /// <summary>Bytes of one segment.</summary>
    public ulong Shmmax { get => _wire.Shmmax; init => _wire.Shmmax = value; }

    /// <summary>Pages of 4,096 bytes of all segments in the namespace.</summary>
    public ulong Shmall { get => _wire.Shmall; init => _wire.Shmall = value; }

    /// <summary>Segments in the namespace.</summary>
    public long Shmmni { get => _wire.Shmmni; init => _wire.Shmmni = value; }

    /// <summary>POSIX message queues in the namespace: fs.mqueue.queues_max.</summary>
    public long MqueueQueuesMax { get => _wire.MqueueQueuesMax; init => _wire.MqueueQueuesMax = value; }

    /// <summary>The highest mq_maxmsg of a new queue: fs.mqueue.msg_max.</summary>
    public long MqueueMsgMax { get => _wire.MqueueMsgMax; init => _wire.MqueueMsgMax = value; }

    /// <summary>The highest mq_msgsize of a new queue, in bytes: fs.mqueue.msgsize_max.</summary>
    public long MqueueMsgsizeMax { get => _wire.MqueueMsgsizeMax; init => _wire.MqueueMsgsizeMax = value; }

    /// <summary>mq_maxmsg of a new queue without a size: fs.mqueue.msg_default.</summary>
    public long MqueueMsgDefault { get => _wire.MqueueMsgDefault; init => _wire.MqueueMsgDefault = value; }

    /// <summary>mq_msgsize of a new queue without a size, in bytes: fs.mqueue.msgsize_default.</summary>
    public long MqueueMsgsizeDefault
    {
        get => _wire.MqueueMsgsizeDefault;
        init => _wire.MqueueMsgsizeDefault = value;
    }

    internal static NamespaceLimits From(Limits wire) => new(wire.Clone());

    /// <summary>The limits as the wire has them: the ipc tool finds them there by name.</summary>
    internal Limits ToWire() => _wire.Clone();
}
