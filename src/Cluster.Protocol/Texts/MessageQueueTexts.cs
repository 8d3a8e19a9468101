namespace Cluster.Protocol.Texts;

internal sealed class MessageQueueTexts() : CallTexts(
    (Errno.EINVAL, "msgsnd", "no such queue, a type below 1, or more bytes than msgmax"),
    (Errno.EINVAL, "msgrcv", "no such queue, or flags that do not go together"),
    (Errno.EINVAL, "msgctl(IPC_SET)", "no such queue, or -1 as its owner or group"),
    (Errno.ENOSPC, "msgget", "msgmni queues are in use"))
{
    public override string? Describe(Errno errno, string call) => Control(errno, call, "msgctl", "no such queue");
}
