using Cluster.Protocol;

namespace Cluster.Node.Gateway;

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
