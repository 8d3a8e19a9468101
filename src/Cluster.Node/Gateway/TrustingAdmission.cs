using Cluster.Protocol;

namespace Cluster.Node.Gateway;

/// <summary>
/// Accepts the credentials that the caller states, as setuid(2) does for root. Valid on loopback and in a trusted
/// network, so the node refuses to listen elsewhere without --insecure. A caller that states none is user nobody
/// (65534).
/// </summary>
public sealed class TrustingAdmission : IAdmission
{
    private const uint Nobody = 65534;

    public Credentials Admit(Caller caller, Credentials? stated) =>
        stated ?? new Credentials { Uid = Nobody, Gid = Nobody };
}
