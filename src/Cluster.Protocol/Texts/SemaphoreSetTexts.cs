namespace Cluster.Protocol.Texts;

internal sealed class SemaphoreSetTexts() : CallTexts(
    (Errno.E2BIG, "semop", "more operations than semopm allows"),
    (Errno.ENOMEM, "semget", "more than 65536 semaphores"),
    (Errno.EINVAL, "semget", "no semaphores, or more than semmsl or than the key's set has"),
    (Errno.EINVAL, "semop", "no such set, or an operation that is none"),
    (Errno.EINVAL, "semctl(SETALL)", "no such set, or not as many values as it has semaphores"),
    (Errno.EINVAL, "semctl(IPC_SET)", "no such set, or -1 as its owner or group"),
    (Errno.EINVAL, "semctl(SETVAL)", NoSemaphore),
    (Errno.EINVAL, "semctl(GETVAL)", NoSemaphore),
    (Errno.EINVAL, "semctl(GETPID)", NoSemaphore),
    (Errno.EINVAL, "semctl(GETNCNT)", NoSemaphore),
    (Errno.EINVAL, "semctl(GETZCNT)", NoSemaphore),
    (Errno.ENOSPC, "semget", "semmni sets or semmns semaphores are in use"),
    (Errno.ERANGE, "semop", $"a value, or what is to be undone, would pass {Bounds.SemaphoreValue}"),
    (Errno.ERANGE, "semctl(SETVAL)", BadValue),
    (Errno.ERANGE, "semctl(SETALL)", BadValue))
{
    private const string NoSemaphore = "no such set, or no such semaphore in it";

    private static readonly string BadValue = $"a value has to be from 0 to {Bounds.SemaphoreValue}";

    public override string? Describe(Errno errno, string call) => Control(errno, call, "semctl", "no such set");
}
