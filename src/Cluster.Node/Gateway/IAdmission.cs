using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>Decides who a caller is, and which credentials its process gets.</summary>
internal interface IAdmission
{
    /// <summary>Who the caller is.</summary>
    /// <exception cref="RpcException">Unauthenticated: nobody that the node knows. It does not say why.</exception>
    Identity Identify(Caller caller);

    /// <summary>As <see cref="Identify"/>, for a process that comes back.</summary>
    /// <exception cref="RpcException">Unauthenticated.</exception>
    Identity Return(Caller caller, int pid);

    /// <summary>The credentials of a process of the caller.</summary>
    /// <param name="caller">The other end of the connection.</param>
    /// <param name="stated">The credentials that the caller states; null: none.</param>
    /// <param name="path">The namespace that the process wants to live in; null: it is no process.</param>
    /// <exception cref="RpcException">The caller is not admitted. A caller that the node knows learns why.</exception>
    Credentials Admit(Caller caller, Credentials? stated, string? path);
}
