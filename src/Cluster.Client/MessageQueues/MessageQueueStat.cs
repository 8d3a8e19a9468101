using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>struct msqid_ds, and what only this system knows. Times are seconds since the epoch; 0: never.</summary>
public sealed record MessageQueueStat
{
    /// <summary>msqid.</summary>
    public int Id { get; init; }

    /// <summary>msg_perm.</summary>
    public IpcPermissions Permissions { get; init; }

    /// <summary>msg_stime: the last msgsnd(2).</summary>
    public long Stime { get; init; }

    /// <summary>msg_rtime: the last msgrcv(2).</summary>
    public long Rtime { get; init; }

    /// <summary>msg_ctime: the creation, or the last IPC_SET.</summary>
    public long Ctime { get; init; }

    /// <summary>msg_cbytes: bytes of text in the queue.</summary>
    public ulong Cbytes { get; init; }

    /// <summary>msg_qnum: messages in the queue.</summary>
    public ulong Qnum { get; init; }

    /// <summary>msg_qbytes: bytes of text that the queue may hold.</summary>
    public ulong Qbytes { get; init; }

    /// <summary>msg_lspid: the process of the last msgsnd(2).</summary>
    public int Lspid { get; init; }

    /// <summary>msg_lrpid: the process of the last msgrcv(2).</summary>
    public int Lrpid { get; init; }

    /// <summary>Calls that block in msgrcv(2).</summary>
    public long Receivers { get; init; }

    /// <summary>Calls that block in msgsnd(2).</summary>
    public long Senders { get; init; }

    /// <summary>Whether a journal keeps the queue.</summary>
    public Durability Durability { get; init; }

    internal static MessageQueueStat From(QueueStat wire) => new()
    {
        Id = wire.Id,
        Permissions = IpcPermissions.From(wire.Permissions),
        Stime = wire.Stime,
        Rtime = wire.Rtime,
        Ctime = wire.Ctime,
        Cbytes = wire.Cbytes,
        Qnum = wire.Qnum,
        Qbytes = wire.Qbytes,
        Lspid = wire.Lspid,
        Lrpid = wire.Lrpid,
        Receivers = wire.Receivers,
        Senders = wire.Senders,
        Durability = wire.Volatile ? Durability.Volatile : Durability.Durable,
    };
}
