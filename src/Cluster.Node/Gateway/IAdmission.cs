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

/// <summary>
/// The caller is who it says it is, as root may become anybody with setuid(2). Right on loopback and in a network that
/// is trusted, which is why the node refuses to listen elsewhere without --insecure. Who says nothing is nobody: 65534.
/// </summary>
public sealed class TrustingAdmission : IAdmission
{
    private const uint Nobody = 65534;

    public Credentials Admit(Caller caller, Credentials? stated) =>
        stated ?? new Credentials { Uid = Nobody, Gid = Nobody };
}
