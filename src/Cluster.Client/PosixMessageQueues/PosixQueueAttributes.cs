using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>mq_maxmsg and mq_msgsize of a new queue: mq_open(3).</summary>
/// <param name="MaxMessages">Messages that the queue may have.</param>
/// <param name="MessageBytes">Bytes that one message may have.</param>
public readonly record struct PosixQueueSize(long MaxMessages, long MessageBytes);

/// <summary>struct mq_attr, and what the file of the queue in /dev/mqueue shows.</summary>
/// <param name="IsNonblocking">mq_flags: whether O_NONBLOCK is set.</param>
/// <param name="MaxMessages">mq_maxmsg.</param>
/// <param name="MessageBytes">mq_msgsize, in bytes.</param>
/// <param name="Messages">mq_curmsgs.</param>
/// <param name="Bytes">QSIZE: bytes of all messages.</param>
/// <param name="Notify">NOTIFY: the method of the registered process; 0 also if there is none.</param>
/// <param name="Signal">SIGNO: the signal of the registered process; 0: none.</param>
/// <param name="NotifyPid">NOTIFY_PID: the registered process; 0: none.</param>
/// <param name="Receivers">Calls of mq_receive(3) that are blocked.</param>
/// <param name="Senders">Calls of mq_send(3) that are blocked.</param>
public sealed record PosixQueueAttributes(
    bool IsNonblocking,
    long MaxMessages,
    long MessageBytes,
    long Messages,
    long Bytes,
    NotifyMethod Notify,
    int Signal,
    int NotifyPid,
    long Receivers,
    long Senders)
{
    internal static PosixQueueAttributes From(MqueueAttributes wire) => new(
        (wire.Flags & FileFlags.O_NONBLOCK) != 0, wire.Maxmsg, wire.Msgsize, wire.Curmsgs, wire.Bytes,
        (NotifyMethod)wire.Notify, wire.Signal, wire.NotifyPid, wire.Receivers, wire.Senders);
}
