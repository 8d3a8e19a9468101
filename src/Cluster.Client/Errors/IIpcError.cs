using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// What every failure of a call says, whatever it derives from: <see cref="IpcException"/>, or
/// <see cref="IpcTimeoutException"/>, which is a <see cref="TimeoutException"/>.
/// </summary>
/// <example>
/// <code>
/// catch (Exception exception) when (exception is IIpcError { IsTransient: true } error)
/// {
///     log.LogWarning("{Call} failed with {Errno}: it is tried again", error.Call, error.Errno);
/// }
/// </code>
/// </example>
public interface IIpcError
{
    /// <summary>The error number, with Linux's value.</summary>
    Errno Errno { get; }

    /// <summary>The call that failed: "msgget", "msgsnd", "msgctl(IPC_STAT)".</summary>
    string Call { get; }

    /// <summary>
    /// Whether the call did not happen, and may succeed when it is made again without any other change: a time-out, or
    /// EAGAIN, EBUSY, EINTR, ENOBUFS, ENOMEM.
    /// </summary>
    bool IsTransient { get; }
}
