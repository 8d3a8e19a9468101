using Cluster.Node.Gateway;
using Cluster.Protocol;

namespace Cluster.Node.Tests.Gateway;

/// <summary>The credentials of a caller without authentication.</summary>
public sealed class TrustingAdmissionTests
{
    [Fact]
    public void A_caller_gets_the_credentials_that_it_states()
    {
        var stated = new Credentials { Uid = 0, Gid = 7, Groups = { 4, 27 } };
        Assert.Equal(stated, new TrustingAdmission().Admit(null!, stated));
    }

    [Fact]
    public void A_caller_without_credentials_is_user_nobody() =>
        Assert.Equal(new Credentials { Uid = 65534, Gid = 65534 }, new TrustingAdmission().Admit(null!, null));
}
