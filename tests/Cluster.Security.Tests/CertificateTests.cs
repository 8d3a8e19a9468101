using System.Security.Cryptography.X509Certificates;
using Cluster.Security.Certificates;

namespace Cluster.Security.Tests;

/// <summary>The certificates that the product makes.</summary>
public sealed class CertificateTests : IDisposable
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private readonly string _directory = Directory.CreateTempSubdirectory("ipc-certs-").FullName;
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    private CertificateFolder Folder => new(_directory);

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void A_client_is_who_its_certificate_says()
    {
        Folder.Init(_now, Year);
        Folder.AddClient(new SignedIdentity("alice", 1000, null, [27, 28]), _now, Year);
        using var alice = X509CertificateLoader.LoadCertificateFromFile(Folder.PemOf("alice"));
        var identity = SignedIdentity.Of(alice);
        Assert.Equal(("alice", 1000u, 1000u), (identity.Name, identity.Uid, identity.Gid));
        Assert.Equal([27u, 28u], identity.Groups);
        Assert.True(IsSigned(alice, "1.3.6.1.5.5.7.3.2"));
        Assert.False(IsSigned(alice, "1.3.6.1.5.5.7.3.1"));
    }

    [Fact]
    public void A_node_is_a_server_and_a_client_and_no_user()
    {
        Folder.Init(_now, Year);
        Folder.AddNode("node1", ["node1.example.org", "192.0.2.1"], _now, Year);
        using var node = X509CertificateLoader.LoadCertificateFromFile(Folder.PemOf("node1"));
        Assert.True(node.MatchesHostname("node1.example.org"));
        Assert.True(node.MatchesHostname("192.0.2.1"));
        Assert.False(node.MatchesHostname("node2.example.org"));
        Assert.True(IsSigned(node, "1.3.6.1.5.5.7.3.1"));
        Assert.True(IsSigned(node, "1.3.6.1.5.5.7.3.2"));
        Assert.False(SignedIdentity.Of(node).HasUser);
    }

    [Fact]
    public void No_certificate_outlives_its_authority()
    {
        Folder.Init(_now, TimeSpan.FromDays(10));
        Folder.AddClient(new SignedIdentity("a", null, null, []), _now, Year);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Folder.Authority);
        using var client = X509CertificateLoader.LoadCertificateFromFile(Folder.PemOf("a"));
        Assert.Equal(authority.NotAfter, client.NotAfter);
        Assert.Equal("CN=a", client.Subject);
    }

    [Fact]
    public void Keys_are_their_owners_alone()
    {
        Folder.Init(_now, Year);
        Folder.AddNode("node1", ["node1"], _now, Year);
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.All(Directory.GetFiles(_directory, "*.key"), file => Assert.Equal(owner, File.GetUnixFileMode(file)));
        Assert.Equal(2, Directory.GetFiles(_directory, "*.key").Length);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        Folder.Init(_now, Year);
        var before = File.ReadAllText(Folder.Authority);
        Assert.Contains("is there already", Refused(() => Folder.Init(_now, Year)), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Folder.Authority));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("authority")]
    [InlineData("a b")]
    public void A_name_is_no_path(string name)
    {
        Folder.Init(_now, Year);
        Assert.Contains(
            "is no name for a certificate", Refused(() => Folder.AddNode(name, ["x"], _now, Year)), StringComparison.Ordinal);
        Assert.Contains("is no name for a certificate", Refused(() => Folder.Revoke(name)), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_authority_nothing_is_signed() => Assert.Contains(
        "make one with 'ipc certs init'", Refused(() => Folder.AddNode("a", ["a"], _now, Year)), StringComparison.Ordinal);

    [Fact]
    public void A_certificate_is_revoked_once()
    {
        Folder.Init(_now, Year);
        Folder.AddClient(new SignedIdentity("alice", null, null, []), _now, Year);
        var serial = Folder.Revoke("alice");
        Assert.Equal(serial, Folder.Revoke("alice"));
        Assert.Equal([serial], RevokedSerials.Read(Folder.Revoked));
        using var alice = X509CertificateLoader.LoadCertificateFromFile(Folder.PemOf("alice"));
        Assert.True(RevokedSerials.Contains(RevokedSerials.Read(Folder.Revoked), alice));
    }

    // openssl writes the number without the zeros that DER puts before a high bit.
    [Theory]
    [InlineData("AB12CD34EF567890")]
    [InlineData("00ab12cd34ef567890")]
    [InlineData("0000AB:12:CD:34:EF:56:78:90")]
    public void A_serial_number_with_a_high_bit_is_found(string written)
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        var serial = Convert.FromHexString("00AB12CD34EF567890");
        using var certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), _now, _now + Year, serial);
        File.WriteAllText(Folder.Revoked, written + "\n");
        Assert.True(RevokedSerials.Contains(RevokedSerials.Read(Folder.Revoked), certificate));
    }

    [Fact]
    public void A_line_that_is_no_serial_number_is_named()
    {
        File.WriteAllText(Folder.Revoked, "# comment\n0a:0B # alice\n\nnonsense\n");
        Assert.Contains("line 4: 'nonsense'", Refused(() => RevokedSerials.Read(Folder.Revoked)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urn:ipc:uid:4294967295")]
    [InlineData("urn:ipc:uid:-1")]
    [InlineData("urn:ipc:uid: 1")]
    [InlineData("urn:ipc:uid:1:2")]
    [InlineData("urn:ipc:user:1")]
    [InlineData("https://example.org/uid:0")]
    public void What_is_no_user_is_none(string uri)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(uri));
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(_now, _now + Year);
        Assert.False(SignedIdentity.Of(certificate).HasUser);
    }

    [Fact]
    public void Malformed_names_are_no_user()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x05, 0x86, 0x7F, 0x41], false));
        using var certificate = request.CreateSelfSigned(_now, _now + Year);
        Assert.False(SignedIdentity.Of(certificate).HasUser);
    }

    private static string Refused(Action action) => Assert.Throws<SecurityException>(action).Message;

    private bool IsSigned(X509Certificate2 certificate, string use)
    {
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Folder.Authority);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(use));
        return chain.Build(certificate);
    }
}
