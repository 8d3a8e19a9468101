namespace Cluster.Client;

/// <summary>
/// struct msginfo as msgctl(IPC_INFO) fills it. Linux fixes or derives all but msgmax, msgmnb and msgmni.
/// </summary>
/// <param name="MsgMax">Bytes of one message.</param>
/// <param name="MsgMnb">Bytes of one queue (msg_qbytes) at its creation.</param>
/// <param name="MsgMni">Queues in the namespace.</param>
/// <param name="Queues">Queues there are.</param>
/// <param name="HighestIndex">The highest index in use; -1: no queue (where msgctl itself returns 0).</param>
public readonly record struct MessageQueueLimits(
    long MsgMax, long MsgMnb, long MsgMni, long Queues, int HighestIndex)
{
    /// <summary>Kibibytes of all messages: msgmni * msgmnb / 1024.</summary>
    public long MsgPool => (long)Int128.Min((Int128)MsgMni * MsgMnb / 1024, long.MaxValue);

    /// <summary>Entries in the message map: msgmnb.</summary>
    public long MsgMap => MsgMnb;

    /// <summary>Bytes of a message segment: 16.</summary>
    public int MsgSsz => 16;

    /// <summary>System message headers: msgmnb.</summary>
    public long MsgTql => MsgMnb;

    /// <summary>Message segments: 65,535.</summary>
    public int MsgSeg => 0xFFFF;
}
