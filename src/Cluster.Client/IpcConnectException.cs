using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>No node of the cluster could be reached, or none would take the process.</summary>
public sealed class IpcConnectException : IpcException
{
    /// <summary>A connection that did not come about.</summary>
    public IpcConnectException(Errno errno, string reason, Exception? inner = null)
        : base(errno, "connect", reason, inner)
    {
    }
}
