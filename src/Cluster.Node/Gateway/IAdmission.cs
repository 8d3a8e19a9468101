using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Decides who the process of a new stream is. The seam for authentication.</summary>
public interface IAdmission
{
    /// <summary>The credentials that the caller gets.</summary>
    /// <param name="caller">What is known of who calls.</param>
    /// <param name="stated">Who the caller says it is; null: it does not say.</param>
    /// <exception cref="RpcException">The caller may not come in at all.</exception>
    Credentials Admit(Caller caller, Credentials? stated);
}
