using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Decides which credentials the process of a new stream gets. Authentication plugs in here.</summary>
public interface IAdmission
{
    /// <summary>Returns the credentials of the caller.</summary>
    /// <param name="caller">The other end of the connection.</param>
    /// <param name="stated">The credentials that the caller states; null: none.</param>
    /// <exception cref="RpcException">The caller is not admitted.</exception>
    Credentials Admit(Caller caller, Credentials? stated);
}
