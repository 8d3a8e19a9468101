using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// The time-out of a call passed, and the call did not happen. One type for all kinds of objects, caught as
/// <see cref="TimeoutException"/>. It is no <see cref="IpcException"/>; <see cref="IIpcError"/> is what both have in
/// common. <see cref="Errno"/> is what the man page has: EAGAIN for semtimedop(2), ETIMEDOUT for msgsnd(2) and
/// msgrcv(2), which have no time-out on Linux.
/// </summary>
public sealed class IpcTimeoutException : TimeoutException, IIpcError
{
    /// <summary>A call whose time-out passed.</summary>
    public IpcTimeoutException(Errno errno, string call)
        : base(ErrorText.Of(errno, call, "timed out"))
    {
        Errno = errno;
        Call = call;
    }

    /// <summary>ETIMEDOUT, or EAGAIN for semop.</summary>
    public Errno Errno { get; }

    /// <summary>The call: "msgsnd", "msgrcv", "semop".</summary>
    public string Call { get; }

    /// <summary>True: the call did not happen, and may succeed when it is made again.</summary>
    public bool IsTransient => true;
}
