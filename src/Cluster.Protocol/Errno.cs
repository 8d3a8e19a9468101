namespace Cluster.Protocol;

/// <summary>Error numbers with Linux's values, and the text that errno(3) has for them.</summary>
public enum Errno
{
    /// <summary>Success.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file or directory: no object has the key, no namespace the name.</summary>
    ENOENT = 2,

    /// <summary>No such process: it has exited, or its lease ran out.</summary>
    ESRCH = 3,

    /// <summary>Interrupted: the caller cancelled, and the call did not happen.</summary>
    EINTR = 4,

    /// <summary>Input/output error: the journal cannot be written or read.</summary>
    EIO = 5,

    /// <summary>Argument list too long; for msgrcv(2): the message is longer than msgsz.</summary>
    E2BIG = 7,

    /// <summary>Resource temporarily unavailable.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory: a bound of the node was reached.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>Bad address: a range that does not lie within the segment.</summary>
    EFAULT = 14,

    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,

    /// <summary>File exists: an object has the key already.</summary>
    EEXIST = 17,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>Too many open files: a process has touched more objects than it may.</summary>
    EMFILE = 24,

    /// <summary>File too large; for semop(2): the set has no semaphore of that number.</summary>
    EFBIG = 27,

    /// <summary>No space left on device: the limit on the number of objects is reached.</summary>
    ENOSPC = 28,

    /// <summary>Numerical result out of range: a semaphore's value, or what would have to be undone.</summary>
    ERANGE = 34,

    /// <summary>Function not implemented.</summary>
    ENOSYS = 38,

    /// <summary>No message of the desired type.</summary>
    ENOMSG = 42,

    /// <summary>Identifier removed.</summary>
    EIDRM = 43,

    /// <summary>Protocol error: a frame that makes no sense.</summary>
    EPROTO = 71,

    /// <summary>No buffer space: the object has as many unwritten calls as it may have. Try again.</summary>
    ENOBUFS = 105,

    /// <summary>Connection timed out: the call's own time-out.</summary>
    ETIMEDOUT = 110,
}

/// <summary>Texts of errors.</summary>
public static class Errnos
{
    /// <summary>
    /// What went wrong with a call, for which an errno may mean something of its own: E2BIG of semop(2) is not that of
    /// msgrcv(2), and what exists is a namespace rather than a key's object.
    /// </summary>
    /// <param name="errno">The error number.</param>
    /// <param name="call">The call as the client names it: "semop", "namespace create".</param>
    public static string Describe(this Errno errno, string call) => (errno, call) switch
    {
        (Errno.E2BIG, "semop") => "more operations than semopm allows",
        (Errno.EINVAL, _) => WhatIsInvalid(call),
        (Errno.ERANGE, "semop") => $"a value, or what is to be undone, would pass {Bounds.SemaphoreValue}",
        (Errno.ERANGE, "semctl(SETVAL)" or "semctl(SETALL)") => $"a value has to be from 0 to {Bounds.SemaphoreValue}",
        (Errno.ERANGE, _) when Range(call) is { } range => range,
        (Errno.ENOSPC, "msgget") => "msgmni queues are in use",
        (Errno.ENOSPC, "semget") => "semmni sets or semmns semaphores are in use",
        (Errno.ENOSPC, "shmget") => "shmmni segments or shmall pages are in use",
        (Errno.EEXIST, "namespace create") => "the namespace exists",
        (Errno.ENOENT, "namespace remove") => "there is no such namespace",
        (Errno.ENOSPC, "namespace create") => "the parent has as many namespaces as it may have",
        _ => errno.Describe(),
    };

    private static string WhatIsInvalid(string call) => call switch
    {
        "msgsnd" => "no such queue, a type below 1, or more bytes than msgmax",
        "msgrcv" => "no such queue, or flags that do not go together",
        "msgctl(IPC_SET)" => "no such queue, or -1 as its owner or group",
        "semget" => "no semaphores, or more than semmsl or than the key's set has",
        "semop" => "no such set, or an operation that is none",
        "semctl(SETALL)" => "no such set, or not as many values as it has semaphores",
        "semctl(IPC_SET)" => "no such set, or -1 as its owner or group",
        "semctl(SETVAL)" or "semctl(GETVAL)" or "semctl(GETPID)" or "semctl(GETNCNT)" or "semctl(GETZCNT)" =>
            "no such set, or no such semaphore in it",
        "shmget" => "no bytes, or more than shmmax or than the key's segment has",
        "shmat" => "no such segment",
        "shmdt" => "it is not attached",
        "shmctl(IPC_SET)" => "no such segment, or -1 as its owner or group",
        "atomic" => "the segment is gone, or this is no word of it",
        _ when call.StartsWith("msgctl(", StringComparison.Ordinal) => "no such queue",
        _ when call.StartsWith("semctl(", StringComparison.Ordinal) => "no such set",
        _ when call.StartsWith("shmctl(", StringComparison.Ordinal) => "no such segment",
        _ => Range(call) ?? Errno.EINVAL.Describe(),
    };

    /// <summary>What a limit may be, if the call is one that sets it: "sysctl(msgmax)".</summary>
    private static string? Range(string call) =>
        call is ['s', 'y', 's', 'c', 't', 'l', '(', .. var limit, ')'] && LimitRow.Find(limit)?.Highest is { } highest
            ? $"it has to be from 0 to {highest}"
            : null;

    /// <summary>What went wrong, in the words that strerror(3) has, without the number.</summary>
    public static string Describe(this Errno errno) => errno switch
    {
        Errno.None => "success",
        Errno.EPERM => "operation not permitted",
        Errno.ENOENT => "no such object or namespace",
        Errno.ESRCH => "no such process",
        Errno.EINTR => "interrupted: the call did not happen",
        Errno.EIO => "input/output error",
        Errno.E2BIG => "message longer than the size given",
        Errno.EAGAIN => "resource temporarily unavailable",
        Errno.ENOMEM => "cannot allocate memory",
        Errno.EACCES => "permission denied",
        Errno.EFAULT => "bad address: not within the segment",
        Errno.EBUSY => "device or resource busy",
        Errno.EEXIST => "an object exists for the key",
        Errno.EINVAL => "invalid argument",
        Errno.EMFILE => "too many objects in use",
        Errno.EFBIG => "no such semaphore in the set",
        Errno.ENOSPC => "the limit on the number of objects is reached",
        Errno.ERANGE => "numerical result out of range",
        Errno.ENOSYS => "function not implemented",
        Errno.ENOMSG => "no message of the desired type",
        Errno.EIDRM => "identifier removed",
        Errno.EPROTO => "protocol error",
        Errno.ENOBUFS => "no buffer space: too many calls under way, try again",
        Errno.ETIMEDOUT => "timed out",
        _ => $"error {(int)errno}",
    };
}
