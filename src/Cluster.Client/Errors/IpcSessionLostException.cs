using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// The process no longer exists in the cluster (ESRCH): it was out of touch for longer than its lease, or was ended.
/// Whether a call that was under way happened is not known. The cluster has released what the process held.
/// </summary>
public sealed class IpcSessionLostException : IpcException
{
    /// <summary>A call of a process that has ended.</summary>
    public IpcSessionLostException(string call, string reason)
        : base(Errno.ESRCH, call, reason)
    {
    }
}
