using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Cluster.Node.Observing;
using Cluster.Node.Security;
using Cluster.Node.Settings;
using Cluster.Security.Certificates;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Node.Tests.Security;

/// <summary>A node with a certificate that nobody would take does not start.</summary>
public sealed class NodeTlsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ipc-tls-").FullName;
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    private CertificateFolder Certs => new(Path.Combine(_directory, "certs"));

    private CertificateFolder Foreign => new(Path.Combine(_directory, "foreign"));

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void A_certificate_of_the_node_is_taken()
    {
        Make();
        Assert.NotNull(Open("node", Certs.Authority).Terms().ServerCertificateContext);
    }

    [Theory]
    [InlineData("alice", "is for clients: a node needs one of 'ipc certs node'")]
    [InlineData("old", "has expired, at ")]
    [InlineData("none", "tls-certificate: cannot use ")]
    public void Another_one_is_refused(string name, string reason)
    {
        Make();
        var refusal = Assert.Throws<SettingsException>(() => Open(name, Certs.Authority));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_the_authority_has_not_signed_is_refused()
    {
        Make();
        var refusal = Assert.Throws<SettingsException>(() => Open("node", Foreign.Authority));
        Assert.Contains("is not signed by", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_take_the_certificates_of_nodes_alone()
    {
        Make();
        Certs.AddNode("revoked", ["localhost"], _now, TimeSpan.FromDays(1));
        Certs.Revoke("revoked");
        var terms = Open("node", Certs.Authority, Certs.Revoked).BetweenNodes();
        foreach (var takes in (RemoteCertificateValidationCallback?[])
            [terms.Accepts().RemoteCertificateValidationCallback, terms.Connects().RemoteCertificateValidationCallback])
        {
            Assert.True(Takes(takes!, Certs, "node"));
            Assert.False(Takes(takes!, Certs, "alice"));
            Assert.False(Takes(takes!, Certs, "old"));
            Assert.False(Takes(takes!, Certs, "revoked"));
            Assert.False(Takes(takes!, Foreign, "node"));
            Assert.False(takes!(this, null, null, SslPolicyErrors.RemoteCertificateNotAvailable));
        }
    }

    private bool Takes(RemoteCertificateValidationCallback takes, CertificateFolder folder, string name)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(folder.PemOf(name));
        return takes(this, certificate, null, SslPolicyErrors.RemoteCertificateChainErrors);
    }

    private void Make()
    {
        var day = TimeSpan.FromDays(1);
        foreach (var folder in (CertificateFolder[])[Certs, Foreign]) folder.Init(_now - 9 * day, 30 * day);
        Foreign.AddNode("node", ["localhost"], _now, day);
        Certs.AddNode("node", ["localhost"], _now, day);
        Certs.AddNode("old", ["localhost"], _now - 5 * day, day);
        Certs.AddClient(new SignedIdentity("alice", 7, null, []), _now, day);
    }

    private NodeTls Open(string name, string authority, string revoked = "")
    {
        var options = new NodeOptions
        {
            TlsCertificate = Certs.PemOf(name), TlsKey = Certs.KeyOf(name), TlsAuthority = authority, TlsRevoked = revoked,
            Audit = AuditLog.None,
        };
        var (loggers, time) = (NullLoggerFactory.Instance, TimeProvider.System);
        var audit = new AuditLog(options, loggers, time);
        return new NodeTls(options, new SecurityFiles(audit, loggers, time), new Refusals(audit, loggers, time));
    }
}
