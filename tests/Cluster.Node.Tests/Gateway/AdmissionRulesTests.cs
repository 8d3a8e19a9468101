using System.Net;
using Cluster.Node.Gateway;
using Cluster.Node.Observing;
using Cluster.Node.Security;
using Cluster.Node.Settings;
using Cluster.Protocol;
using Cluster.Security.Certificates;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Node.Tests.Gateway;

/// <summary>Who a caller is by what it shows, and which user its process may be.</summary>
public sealed class AdmissionRulesTests : IDisposable
{
    private const string Policy = """
        {
          "identities": {
            "alice": { "uid": 1000, "gid": 100, "groups": [27], "namespaces": ["/prod"], "kinds": ["msg", "pshm"],
                       "tokens": ["sha256:b46c09677343261f0b439a472422225e3a230c9c094d6ab16762e2036b597053"] },
            "admin": { "uid": 0, "root": true },
            "named": { },
          }
        }
        """; // the hash is that of "t0ken"

    private static readonly IPEndPoint Somewhere = new(IPAddress.Parse("192.0.2.1"), 4000);

    private readonly string _directory = Directory.CreateTempSubdirectory("ipc-admission-").FullName;

    private static Caller Stranger => new(Somewhere);

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void A_node_on_loopback_takes_the_word_of_its_callers()
    {
        var admission = Of(new NodeOptions());
        var stated = new Credentials { Uid = 1000, Gid = 1000, Groups = { 27 } };
        Assert.Equal(stated, admission.Admit(Stranger, stated, "/"));
        Assert.Equal(new Credentials { Uid = 65534, Gid = 65534 }, admission.Admit(Stranger, null, "/"));
        Assert.Equal("nothing", admission.Identify(Stranger).Shown);
    }

    [Fact]
    public void A_stranger_is_refused_and_does_not_learn_why()
    {
        var admission = Of(new NodeOptions { TrustLoopback = false });
        var refusal = Assert.Throws<RpcException>(() => admission.Admit(Stranger, null, "/"));
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        var withToken = Assert.Throws<RpcException>(() => admission.Identify(Stranger with { Token = "wrong" }));
        Assert.Equal(refusal.Status, withToken.Status);
    }

    [Theory]
    [InlineData(1000u, 100u, null)]
    [InlineData(1000u, 27u, null)]
    [InlineData(1000u, 1000u, "alice is user 1000 of group 100, and may not be user 1000 of group 1000")]
    [InlineData(0u, 0u, "alice is user 1000 of group 100, and may not be user 0 of group 0")]
    public void The_owner_of_a_token_is_its_user_and_no_other(uint uid, uint gid, string? refusal)
    {
        var admission = Of(WithPolicy());
        var caller = Stranger with { Token = "t0ken" };
        Assert.Equal("alice", admission.Identify(caller).Name);
        var own = admission.Admit(caller, null, "/prod");
        Assert.Equal((1000u, 100u), (own.Uid, own.Gid));
        Assert.Equal([27u], own.Groups);
        var stated = new Credentials { Uid = uid, Gid = gid };
        if (refusal is null) Assert.Equal((uid, gid), Ids(admission.Admit(caller, stated, "/prod")));
        else Assert.Equal(refusal, Forbidden(() => admission.Admit(caller, stated, "/prod")));
    }

    [Theory]
    [InlineData("/prod", true)]
    [InlineData("/prod/payments", true)]
    [InlineData("/production", false)]
    [InlineData("/", false)]
    [InlineData("", false)]
    public void An_identity_enters_the_namespaces_of_the_policy_and_those_below(string path, bool mayEnter)
    {
        var admission = Of(WithPolicy());
        var caller = Stranger with { Token = "t0ken" };
        if (mayEnter) Assert.Equal(1000u, admission.Admit(caller, null, path).Uid);
        else Assert.Contains("may not enter the namespace /", Forbidden(() => admission.Admit(caller, null, path)));
    }

    [Fact]
    public void The_kinds_of_the_policy_are_in_the_credentials_and_no_client_sets_them()
    {
        var admission = Of(WithPolicy());
        var own = admission.Admit(
            Stranger with { Token = "t0ken" }, new Credentials { Uid = 1000, Gid = 100, Kinds = ulong.MaxValue }, "/prod");
        Assert.Equal(1UL << (int)Kind.MessageQueue | 1UL << (int)Kind.PosixSharedMemory, own.Kinds);
        var trusted = Of(new NodeOptions()).Admit(Stranger, new Credentials { Uid = 1, Gid = 1, Kinds = 0 }, "/");
        Assert.False(trusted.HasKinds);
    }

    [Fact]
    public void A_certificate_is_the_user_that_it_names_unless_the_policy_names_another()
    {
        var without = Of(new NodeOptions { TlsCertificate = "c", TlsKey = "k", TlsAuthority = "a" });
        Assert.Equal((5u, 6u), Ids(without.Admit(With("anybody", 5, 6), null, "/")));
        Assert.Throws<RpcException>(() => without.Admit(With("nobody", null, null), null, "/"));
        var with = Of(WithPolicy());
        Assert.Equal((1000u, 100u), Ids(with.Admit(With("alice", 5, 6), null, "/prod")));
        Assert.Equal((7u, 7u), Ids(with.Admit(With("named", 7, null), null, "/")));
        Assert.Throws<RpcException>(() => with.Admit(With("unknown", 5, 6), null, "/"));
    }

    [Fact]
    public void Root_may_be_anybody()
    {
        var stated = new Credentials { Uid = 12, Gid = 13, Groups = { 14 } };
        var with = Of(WithPolicy());
        Assert.Equal(stated, with.Admit(With("admin", null, null), stated, "/"));
        // The policy counts, not the certificate.
        Assert.Throws<RpcException>(() => with.Admit(With("named", 0, 0), null, "/"));
        Forbidden(() => with.Admit(With("named", 7, 7), stated, "/"));
        var without = Of(new NodeOptions { TlsCertificate = "c", TlsKey = "k", TlsAuthority = "a" });
        Assert.Equal(stated, without.Admit(With("root", 0, 0), stated, "/"));
    }

    [Fact]
    public void No_certificate_has_the_name_of_a_user_at_the_unix_socket()
    {
        var admission = Of(new NodeOptions { TlsCertificate = "c", TlsKey = "k", TlsAuthority = "a" });
        Assert.Throws<RpcException>(() => admission.Identify(With("uid:0", 0, 0)));
    }

    [Fact]
    public void The_kernel_says_who_is_at_the_other_end_of_a_unix_socket()
    {
        var admission = Of(new NodeOptions());
        var caller = new Caller(null) { Peer = new PeerCredentials(7, 1000, 100, [27]) };
        Assert.Equal((1000u, 100u), Ids(admission.Admit(caller, null, "/")));
        Forbidden(() => admission.Admit(caller, new Credentials { Uid = 0, Gid = 0 }, "/"));
        var root = new Caller(null) { Peer = new PeerCredentials(7, 0, 0, []) };
        Assert.Equal((5u, 6u), Ids(admission.Admit(root, new Credentials { Uid = 5, Gid = 6 }, "/")));
    }

    private static (uint, uint) Ids(Credentials credentials) => (credentials.Uid, credentials.Gid);

    private static string Forbidden(Action action)
    {
        var refusal = Assert.Throws<RpcException>(action);
        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
        return refusal.Status.Detail;
    }

    private static Caller With(string name, uint? uid, uint? gid) =>
        Stranger with { Certificate = new SignedIdentity(name, uid, gid, []) };

    private NodeOptions WithPolicy()
    {
        var file = Path.Combine(_directory, "policy.json");
        File.WriteAllText(file, Policy);
        return new NodeOptions { Policy = file };
    }

    private static Admission Of(NodeOptions options)
    {
        var (loggers, time) = (NullLoggerFactory.Instance, TimeProvider.System);
        var audit = new AuditLog(options with { Audit = AuditLog.None }, loggers, time);
        var files = new SecurityFiles(audit, loggers, time);
        return new Admission(
            options, new NodePolicy(options, files), new NodeJwt(options, files, time), audit,
            new Refusals(audit, loggers, time));
    }
}
