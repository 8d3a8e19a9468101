namespace Cluster.Client;

/// <summary>What msgctl(IPC_SET) changes of a queue. A member that is null stays as it is.</summary>
public sealed record QueueChange : PermissionsChange
{
    /// <summary>msg_qbytes: bytes of text that the queue may hold. EPERM: above msgmnb, without root.</summary>
    public ulong? Qbytes { get; init; }

    internal override bool IsComplete => base.IsComplete && Qbytes is not null;
}
