namespace Cluster.Protocol.Texts;

internal sealed class SharedMemoryTexts() : CallTexts(
    (Errno.EINVAL, "shmget", "no bytes, or more than shmmax or than the key's segment has"),
    (Errno.EINVAL, "shmat", "no such segment"),
    (Errno.EINVAL, "shmdt", "it is not attached"),
    (Errno.EINVAL, "shmctl(IPC_SET)", "no such segment, or -1 as its owner or group"),
    (Errno.EINVAL, "atomic", "the segment is gone, or this is no word of it"),
    (Errno.ENOMEM, "shmget", "more than 2^47 bytes"),
    (Errno.ENOSPC, "shmget", "shmmni segments or shmall pages are in use"))
{
    public override string? Describe(Errno errno, string call) => Control(errno, call, "shmctl", "no such segment");
}
