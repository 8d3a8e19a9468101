using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A system call failed; <see cref="Errno"/> says why, as the man page of the call lists it.</summary>
public class IpcException : Exception
{
    /// <summary>
    /// A failed call, with what its errno means for it: "msgrcv: ENOMSG (no message of the desired type)".
    /// </summary>
    public IpcException(Errno errno, string call)
        : base($"{call}: {Name(errno)} ({errno.Describe(call)})")
    {
        Errno = errno;
        Call = call;
    }

    /// <summary>A failed call, told with a reason of its own.</summary>
    public IpcException(Errno errno, string call, string reason, Exception? inner = null)
        : base($"{call}: {Name(errno)} ({reason})", inner)
    {
        Errno = errno;
        Call = call;
    }

    /// <summary>The error number, with Linux's value.</summary>
    public Errno Errno { get; }

    /// <summary>The call that failed: "msgget", "msgsnd", "msgrcv", "msgctl(IPC_STAT)", ...</summary>
    public string Call { get; }

    private static string Name(Errno errno) => Enum.IsDefined(errno) ? errno.ToString() : $"errno {(int)errno}";
}
