using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// A system call failed; <see cref="Errno"/> says why, as the man page of the call lists it. A call whose time-out
/// passed throws <see cref="IpcTimeoutException"/> instead, which is not of this type: <see cref="IIpcError"/> is what
/// both have in common.
/// </summary>
public class IpcException : Exception, IIpcError
{
    /// <summary>
    /// A failed call, with what its errno means for it: "msgrcv: ENOMSG (no message of the desired type)".
    /// </summary>
    public IpcException(Errno errno, string call)
        : this(errno, call, errno.Describe(call))
    {
    }

    /// <summary>A failed call, with a reason of its own.</summary>
    public IpcException(Errno errno, string call, string reason, Exception? inner = null)
        : base(ErrorText.Of(errno, call, reason), inner)
    {
        Errno = errno;
        Call = call;
    }

    /// <summary>The error number, with Linux's value.</summary>
    public Errno Errno { get; }

    /// <summary>The call that failed: "msgget", "msgsnd", "msgrcv", "msgctl(IPC_STAT)", ...</summary>
    public string Call { get; }

    /// <summary>Whether the call did not happen and may succeed when it is made again: EAGAIN, EBUSY, EINTR, ENOBUFS,
    /// ENOMEM, and ETIMEDOUT of a connection.</summary>
    public virtual bool IsTransient => ErrorText.IsTransient(Errno);
}
