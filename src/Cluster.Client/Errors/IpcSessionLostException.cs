using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// The process no longer exists in the cluster (ESRCH): it was out of touch for longer than its lease, was ended, or was
/// killed by a signal (<see cref="KilledBy"/>).
/// Whether a call that was under way happened is not known. The cluster has released what the process held.
/// </summary>
public sealed class IpcSessionLostException : IpcException
{
    /// <summary>A call of a process that has ended.</summary>
    public IpcSessionLostException(string call, string reason, Signal killedBy = Signal.None)
        : base(Errno.ESRCH, call, reason) => KilledBy = killedBy;

    /// <summary>The signal that killed the process: WTERMSIG of wait(2). None: no signal did.</summary>
    public Signal KilledBy { get; }
}
