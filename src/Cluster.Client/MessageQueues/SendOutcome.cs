using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>What came of one message of <see cref="IMessageQueue.SendManyAsync"/>.</summary>
/// <param name="Errno">
/// <see cref="Errno.None"/>: the message is in the queue. ESRCH: the process was lost, and whether the message was sent
/// is not known. Anything else: the message was not sent, for the reason that msgsnd(2) has for it; EINTR: the token
/// was cancelled.
/// </param>
public readonly record struct SendOutcome(Errno Errno)
{
    /// <summary>Whether the message is known to be in the queue.</summary>
    public bool IsSent => Errno == Errno.None;
}
