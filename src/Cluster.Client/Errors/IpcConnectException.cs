using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// No node of the cluster could be reached (ETIMEDOUT), or the node refused the process: ENOENT, no such namespace;
/// EPERM, not as this user.
/// </summary>
public sealed class IpcConnectException : IpcException
{
    /// <summary>A connection that was not made.</summary>
    public IpcConnectException(Errno errno, string reason, Exception? inner = null)
        : base(errno, "connect", reason, inner)
    {
    }
}
