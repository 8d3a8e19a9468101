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

    /// <summary>No such device or address: nobody has the other end.</summary>
    ENXIO = 6,

    /// <summary>Argument list too long; for msgrcv(2): the message is longer than msgsz.</summary>
    E2BIG = 7,

    /// <summary>Bad file descriptor: not open, not held by the process, or not open for this.</summary>
    EBADF = 9,

    /// <summary>No child processes: the process has none, or not that one.</summary>
    ECHILD = 10,

    /// <summary>Resource temporarily unavailable.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory: a bound of the node was reached.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>Bad address: a range that does not lie within the segment or object.</summary>
    EFAULT = 14,

    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,

    /// <summary>File exists: an object has the key already.</summary>
    EEXIST = 17,

    /// <summary>Is a directory: the name is "." or "..".</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>Too many open files in the system: an object has as many open file descriptions as it may.</summary>
    ENFILE = 23,

    /// <summary>Too many open files: a process has touched more objects than it may.</summary>
    EMFILE = 24,

    /// <summary>File too large: an object would have more bytes than it may; for semop(2): the set has no semaphore of that number.</summary>
    EFBIG = 27,

    /// <summary>No space left on device: the limit on the number of objects is reached.</summary>
    ENOSPC = 28,

    /// <summary>Broken pipe: nobody reads.</summary>
    EPIPE = 32,

    /// <summary>Numerical result out of range: a semaphore's value, or what would have to be undone.</summary>
    ERANGE = 34,

    /// <summary>Resource deadlock avoided: the caller has the lock, or waits for one that this caller has.</summary>
    EDEADLK = 35,

    /// <summary>File name too long: more than NAME_MAX, 255 bytes.</summary>
    ENAMETOOLONG = 36,

    /// <summary>Function not implemented.</summary>
    ENOSYS = 38,

    /// <summary>No message of the desired type.</summary>
    ENOMSG = 42,

    /// <summary>Identifier removed.</summary>
    EIDRM = 43,

    /// <summary>Protocol error: a frame that makes no sense.</summary>
    EPROTO = 71,

    /// <summary>Value too large for its type.</summary>
    EOVERFLOW = 75,

    /// <summary>Message too long.</summary>
    EMSGSIZE = 90,

    /// <summary>Protocol wrong type for socket: the two sockets have different types.</summary>
    EPROTOTYPE = 91,

    /// <summary>Socket type not supported.</summary>
    ESOCKTNOSUPPORT = 94,

    /// <summary>Operation not supported by a socket of this type.</summary>
    EOPNOTSUPP = 95,

    /// <summary>Address already in use: a socket has the name.</summary>
    EADDRINUSE = 98,

    /// <summary>Software caused connection abort.</summary>
    ECONNABORTED = 103,

    /// <summary>Connection reset: the other end was closed with unread bytes, or the node with the connection died.</summary>
    ECONNRESET = 104,

    /// <summary>No buffer space: the object has as many unwritten calls as it may have. Try again.</summary>
    ENOBUFS = 105,

    /// <summary>The socket is connected already.</summary>
    EISCONN = 106,

    /// <summary>The socket is not connected.</summary>
    ENOTCONN = 107,

    /// <summary>Too many references: a socket cannot be passed through a socket.</summary>
    ETOOMANYREFS = 109,

    /// <summary>Connection timed out: the call's own time-out.</summary>
    ETIMEDOUT = 110,

    /// <summary>Connection refused: nobody listens.</summary>
    ECONNREFUSED = 111,

    /// <summary>Operation already in progress.</summary>
    EALREADY = 114,

    /// <summary>Owner died: the caller has the lock, and the process that had it before has ended.</summary>
    EOWNERDEAD = 130,

    /// <summary>
    /// State not recoverable: a lock was unlocked after the death of its owner, and nobody made its state consistent.
    /// </summary>
    ENOTRECOVERABLE = 131,
}
