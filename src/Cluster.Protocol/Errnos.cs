using System.Collections.Frozen;
using Cluster.Protocol.Texts;

namespace Cluster.Protocol;

/// <summary>Texts of errors.</summary>
public static class Errnos
{
    // A new kind adds its texts here.
    private static readonly CallTexts[] All =
    [
        new MessageQueueTexts(), new SemaphoreSetTexts(), new SharedMemoryTexts(), new MqueueTexts(),
        new PosixSemaphoreTexts(), new PosixSharedMemoryTexts(), new FifoTexts(), new SocketTexts(), new FutexTexts(),
        new SignalTexts(),
        new NamespaceTexts(),
    ];

    private static readonly FrozenDictionary<(Errno, string), string> OfCall =
        All.SelectMany(each => each.Texts).ToFrozenDictionary(each => (each.Errno, each.Call), each => each.Text);

    /// <summary>
    /// What went wrong with a call. One errno may have several meanings: E2BIG of semop(2) is not that of msgrcv(2),
    /// and EEXIST may be about a namespace or about a key.
    /// </summary>
    /// <param name="errno">The error number.</param>
    /// <param name="call">The call as the client names it: "semop", "namespace create".</param>
    public static string Describe(this Errno errno, string call) =>
        OfCall.GetValueOrDefault((errno, call))
        ?? All.Select(each => each.Describe(errno, call)).FirstOrDefault(text => text is not null)
        ?? errno.Describe();

    /// <summary>What went wrong with any call, like strerror(3).</summary>
    public static string Describe(this Errno errno) => errno switch
    {
        Errno.None => "success",
        Errno.EPERM => "operation not permitted",
        Errno.ENOENT => "no such object or namespace",
        Errno.ESRCH => "no such process",
        Errno.EINTR => "interrupted: the call did not happen",
        Errno.ENXIO => "nobody has the other end open",
        Errno.EIO => "input/output error",
        Errno.E2BIG => "message longer than the size given",
        Errno.EBADF => "bad file descriptor",
        Errno.ECHILD => "no such child process",
        Errno.EAGAIN => "resource temporarily unavailable",
        Errno.ENOMEM => "cannot allocate memory",
        Errno.EACCES => "permission denied",
        Errno.EFAULT => "bad address: not within the segment or object",
        Errno.EBUSY => "device or resource busy",
        Errno.EEXIST => "an object exists for the key",
        Errno.EISDIR => "is a directory",
        Errno.EINVAL => "invalid argument",
        Errno.ENFILE => "too many open file descriptions of the object",
        Errno.EMFILE => "too many open files, or objects in use",
        Errno.EFBIG => "no such semaphore in the set",
        Errno.ENOSPC => "the limit on the number of objects is reached",
        Errno.EPIPE => "nobody has the other end open for reading",
        Errno.ERANGE => "numerical result out of range",
        Errno.EDEADLK => "the lock would wait for itself",
        Errno.ENAMETOOLONG => "the name has more than 255 bytes",
        Errno.ENOSYS => "function not implemented",
        Errno.ENOMSG => "no message of the desired type",
        Errno.EIDRM => "identifier removed",
        Errno.EPROTO => "protocol error",
        Errno.EOVERFLOW => "value too large",
        Errno.EMSGSIZE => "message too long",
        Errno.EPROTOTYPE => "the two sockets have different types",
        Errno.ESOCKTNOSUPPORT => "socket type not supported",
        Errno.EOPNOTSUPP => "operation not supported by this sort of socket",
        Errno.EADDRINUSE => "a socket has the name",
        Errno.ECONNABORTED => "the connection was aborted",
        Errno.ECONNRESET => "connection reset: the other end was closed with unread bytes, or was lost",
        Errno.EISCONN => "the socket is connected",
        Errno.ENOTCONN => "the socket is not connected",
        Errno.ETOOMANYREFS => "too many references: a socket cannot be passed through a socket",
        Errno.ECONNREFUSED => "connection refused: nobody listens",
        Errno.EALREADY => "operation already in progress",
        Errno.ENOBUFS => "no buffer space: too many calls under way, try again",
        Errno.EOWNERDEAD => "the owner of the lock died",
        Errno.ENOTRECOVERABLE => "the state that the lock protects is not recoverable",
        Errno.ETIMEDOUT => "timed out",
        _ => $"error {(int)errno}",
    };
}
