using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Cluster.Security.Certificates;
using Cluster.Security.Policies;

namespace Cluster.EndToEnd;

/// <summary>Each way to show who one is, at each door of a node.</summary>
public sealed class SecurityTests(SecurityTests.Fixture fixture) : IClassFixture<SecurityTests.Fixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What a client shows: a certificate's name ("": none) and a token; and what becomes of it.</summary>
    public static TheoryData<string, string, string?> Shown => new()
    {
        { "alice", "", null },
        { "", "right", null },
        { "alice", "right", null },
        { "", "", "the node does not know you" },
        { "", "wrong", "the node does not know you" },
        { "alice", "wrong", "the node does not know you" },
        { "unlisted", "", "the node does not know you" },
        { "revoked", "", "does not answer|ended the connection|handshake" },
        { "expired", "", "does not answer|ended the connection|handshake" },
        { "foreign", "", "does not answer|ended the connection|handshake" },
    };

    [Theory]
    [MemberData(nameof(Shown))]
    public async Task A_process_begins_for_whom_the_node_knows(string certificate, string token, string? refusal)
    {
        var options = fixture.Options(certificate, token);
        if (refusal is null)
        {
            await using var ipc = await IpcClient.ConnectAsync(options);
            Assert.Equal(1000u, (await (await ipc.MessageQueues.CreateAsync()).StatAsync()).Permissions.Uid);
            return;
        }

        Check(refusal, (await Assert.ThrowsAnyAsync<Exception>(() => IpcClient.ConnectAsync(options))).Message);
    }

    [Theory]
    [MemberData(nameof(Shown))]
    public async Task An_operator_is_answered_if_the_node_knows_it(string certificate, string token, string? refusal)
    {
        foreach (var words in (string[][])[["whoami"], ["cluster"]])
        {
            var run = await fixture.ToolAsync(certificate, token, words);
            if (refusal is null) Assert.Equal((0, ""), (run.ExitCode, run.Error));
            else Check(refusal, run.Error);
        }
    }

    [Fact]
    public async Task The_policy_decides_on_user_namespace_and_kind()
    {
        var options = fixture.Options("alice", "");
        Check("alice is user 1000", await FailsAsync(options with { Uid = 0 }));
        Check("bound may not enter the namespace /", await FailsAsync(fixture.Options("bound", "")));
        await using var ipc = await IpcClient.ConnectAsync(options);
        var refused = await Assert.ThrowsAsync<IpcException>(() => ipc.SemaphoreSets.CreateAsync(1));
        Assert.Equal(Errno.EACCES, refused.Errno);
        refused = await Assert.ThrowsAsync<IpcException>(
            () => ipc.SemaphoreSets.Open(0).StatAsync());
        Assert.Equal(Errno.EACCES, refused.Errno);
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "text"u8.ToArray());
        Assert.Equal(1ul, (await queue.StatAsync()).Qnum);
    }

    [Fact]
    public async Task A_unix_socket_says_who_the_caller_is()
    {
        var options = new IpcClientOptions { Addresses = [$"unix:{fixture.Socket}"] };
        await using var ipc = await IpcClient.ConnectAsync(options);
        var queue = await ipc.MessageQueues.CreateAsync();
        var own = await queue.StatAsync();
        var run = await CliProcess.RunAsync($"unix:{fixture.Socket}", "whoami");
        Assert.Contains("unix socket", run.Output, StringComparison.Ordinal);
        Assert.Contains($"uid                {own.Permissions.Uid}\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync($"unix:{fixture.Socket}", "stat")).ExitCode);
    }

    [Fact]
    public async Task A_client_that_does_not_trust_the_node_does_not_speak_to_it()
    {
        var foreign = fixture.Options("alice", "") with { ConnectTimeout = TimeSpan.FromSeconds(2) };
        foreign.Tls.AuthorityFile = fixture.ForeignAuthority;
        Check("certificate", await FailsAsync(foreign));
        var plain = fixture.Options("", "right") with
        {
            Addresses = [fixture.Node.Address.Replace("https", "http", StringComparison.Ordinal)],
            ConnectTimeout = TimeSpan.FromSeconds(2),
        };
        Check("would get the token in clear", await FailsAsync(plain));
        Check("does not answer", await FailsAsync(plain with { Token = "" }));
    }

    [Fact]
    public async Task The_audit_has_who_came_in_was_refused_gave_orders_and_removed()
    {
        await using var ipc = await IpcClient.ConnectAsync(fixture.Options("", "right"));
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.RemoveAsync();
        await FailsAsync(fixture.Options("", "a wrong secret"));
        await fixture.ToolAsync("alice", "", ["cluster", "rebalance"]);
        await fixture.AuditedAsync("admitted", "alice", "\"shown\":\"token\",\"uid\":1000,\"gid\":1000,\"namespace\":\"/\"");
        await fixture.AuditedAsync("removes", "127.0.0.1", $"\"kind\":\"msg\",\"id\":{queue.Id}");
        await fixture.AuditedAsync("refused", "127.0.0.1", "\"reason\":\"nobody has its token\"");
        await fixture.AuditedAsync("ordered", "alice", $"\"order\":\"rebalance\",\"errno\":{(int)Errno.EPERM}");
        var all = await File.ReadAllTextAsync(fixture.Audit);
        Assert.DoesNotContain("right", all, StringComparison.Ordinal);
        Assert.DoesNotContain("a wrong secret", all, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fixture.Node.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable CA5397, SYSLIB0039 // the node has to refuse it
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore CA5397, SYSLIB0039
    public async Task The_node_speaks_TLS_from_1_2_on(SslProtocols protocol, bool isSpoken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var address = new Uri(fixture.Node.Address);
        await socket.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(new NetworkStream(socket), false, (_, _, _, _) => true);
        var terms = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost", EnabledSslProtocols = protocol, ApplicationProtocols = [FrameFormat.TlsProtocol],
        };
        if (isSpoken)
        {
            await tls.AuthenticateAsClientAsync(terms).WaitAsync(Patience);
            Assert.Equal(FrameFormat.TlsProtocol, tls.NegotiatedApplicationProtocol);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsClientAsync(terms).WaitAsync(Patience));
        }
    }

    private static async Task<string> FailsAsync(IpcClientOptions options) =>
        (await Assert.ThrowsAnyAsync<Exception>(() => IpcClient.ConnectAsync(options))).Message;

    private static void Check(string expected, string said) =>
        Assert.True(expected.Split('|').Any(part => said.Contains(part, StringComparison.Ordinal)), said);

    /// <summary>A node with certificates, a policy and a Unix socket.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("ipc-security-").FullName;

        /// <summary>The node.</summary>
        public NodeProcess Node { get; private set; } = null!;

        /// <summary>The path of its Unix socket.</summary>
        public string Socket => Path.Combine(_directory, "ipc.sock");

        /// <summary>The certificate of an authority that signed nothing of the node.</summary>
        public string ForeignAuthority => new CertificateFolder(Path.Combine(_directory, "foreign")).Authority;

        /// <summary>The file of the audit.</summary>
        public string Audit => Path.Combine(_directory, "audit.log");

        private CertificateFolder Certs => new(Path.Combine(_directory, "certs"));

        public async Task InitializeAsync()
        {
            var (now, validity) = (DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
            Certs.Init(now - TimeSpan.FromDays(30), TimeSpan.FromDays(60));
            Certs.AddNode("node", ["localhost", "127.0.0.1"], now, validity);
            foreach (var name in (string[])["alice", "bound", "unlisted", "revoked"])
                Certs.AddClient(new SignedIdentity(name, 1000, null, []), now, validity);
            Certs.AddClient(new SignedIdentity("expired", 1000, null, []), now - TimeSpan.FromDays(9), validity);
            Certs.Revoke("revoked");
            var foreign = new CertificateFolder(Path.GetDirectoryName(ForeignAuthority)!);
            foreign.Init(now, validity);
            foreign.AddClient(new SignedIdentity("alice", 1000, null, []), now, validity);
            File.Copy(foreign.PemOf("alice"), Certs.PemOf("foreign"));
            File.Copy(foreign.KeyOf("alice"), Certs.KeyOf("foreign"));
            var policy = Path.Combine(_directory, "policy.json");
            var hash = Convert.ToHexString(Policy.HashOf("right"));
            await File.WriteAllTextAsync(policy, $$"""
                {
                  "identities": {
                    "alice": { "uid": 1000, "kinds": ["msg"], "tokens": ["sha256:{{hash}}"] },
                    "bound": { "uid": 1000, "namespaces": ["/prod"] },
                    "revoked": { "uid": 1000 }, "expired": { "uid": 1000 },
                  }
                }
                """);
            Node = await NodeProcess.StartAsync(
                $"unix:{Socket}", "--tls-certificate", Certs.PemOf("node"), "--tls-key", Certs.KeyOf("node"),
                "--tls-authority", Certs.Authority, "--tls-revoked", Certs.Revoked, "--policy", policy, "--audit",
                $"file:{Audit}");
        }

        public async Task DisposeAsync()
        {
            await Node.DisposeAsync();
            Directory.Delete(_directory, true);
        }

        /// <summary>The options of a client that shows a certificate ("": none) and a token ("": none).</summary>
        public IpcClientOptions Options(string certificate, string token)
        {
            var options = new IpcClientOptions
            {
                Addresses = [Node.Address], Token = token, ConnectTimeout = TimeSpan.FromSeconds(3),
                Tls = { AuthorityFile = Certs.Authority },
            };
            if (certificate.Length > 0)
                (options.Tls.CertificateFile, options.Tls.KeyFile) = (Certs.PemOf(certificate), Certs.KeyOf(certificate));
            return options;
        }

        /// <summary>Waits for a line of the audit.</summary>
        public async Task AuditedAsync(string what, string who, string facts)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (true)
            {
                var lines = File.Exists(Audit) ? await File.ReadAllLinesAsync(Audit) : [];
                if (lines.Any(line => line.Contains($"\"event\":\"{what}\",\"who\":\"{who}", StringComparison.Ordinal)
                    && line.Contains(facts, StringComparison.Ordinal))) return;
                await Task.Delay(20, patience.Token);
            }
        }

        /// <summary>Runs the tool as such a client.</summary>
        public async Task<CliRun> ToolAsync(string certificate, string token, string[] words)
        {
            List<string> all = ["--tls-authority", Certs.Authority, "--connect-timeout", "3s"];
            if (certificate.Length > 0)
                all.AddRange(["--tls-certificate", Certs.PemOf(certificate), "--tls-key", Certs.KeyOf(certificate)]);
            if (token.Length > 0)
            {
                var file = Path.Combine(_directory, Guid.NewGuid().ToString("N"));
                await File.WriteAllTextAsync(file, token + "\n");
                all.AddRange(["--token-file", file]);
            }

            return await CliProcess.RunAsync(Node.Address, [.. all, .. words]);
        }
    }
}
