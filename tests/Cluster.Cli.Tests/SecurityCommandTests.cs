using System.Security.Cryptography.X509Certificates;
using Cluster.Cli.Failures;
using Cluster.Client;
using Cluster.Security.Certificates;
using Cluster.Security.Policies;

namespace Cluster.Cli.Tests;

/// <summary>ipc certs, policy and whoami, and the options that say who a client is.</summary>
public sealed class SecurityCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("security-command-").FullName;
    private readonly Tool _tool = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Certificates_are_made_and_revoked()
    {
        await DoneAsync("certs", "init", "--directory", _folder);
        await DoneAsync("certs", "node", "node1", "--host", "node1.example.org", "--directory", _folder);
        await DoneAsync("certs", "client", "alice", "--uid", "1000", "--groups", "27", "--directory", _folder, "--days", "7");
        await DoneAsync("certs", "revoke", "alice", "--directory", _folder);
        Assert.EndsWith($"{_folder}/node1.pem\n{_folder}/alice.pem\n{_folder}/revoked.txt\n", _tool.Output);
        using var node = X509CertificateLoader.LoadCertificateFromFile($"{_folder}/node1.pem");
        Assert.True(node.MatchesHostname("node1.example.org"));
        using var alice = X509CertificateLoader.LoadCertificateFromFile($"{_folder}/alice.pem");
        var identity = SignedIdentity.Of(alice);
        Assert.Equal(("alice", 1000u, 1000u), (identity.Name, identity.Uid, identity.Gid));
        Assert.Equal([27u], identity.Groups);
        Assert.Equal(_tool.Now.AddDays(7).UtcDateTime, alice.NotAfter.ToUniversalTime());
        Assert.True(RevokedSerials.Contains(RevokedSerials.Read($"{_folder}/revoked.txt"), alice));
    }

    [Theory]
    [InlineData("certs node node1", 1, "has no authority: make one with 'ipc certs init'")]
    [InlineData("certs node node1 --host a/b", 2, "--host: 'a/b' is not a name or an address")]
    [InlineData("certs client a --gid 5", 2, "certs client: --gid and --groups need --uid")]
    [InlineData("certs client a --days 0", 2, "--days: '0' is not a number from 1 to 36500")]
    [InlineData("certs revoke ../x", 1, "'../x' is no name for a certificate")]
    public async Task What_cannot_be_made_is_explained(string words, int code, string error)
    {
        Assert.Equal(code, await _tool.RunAsync([.. words.Split(' '), "--directory", _folder]));
        Assert.Contains(error, _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_is_checked_and_explained()
    {
        var file = PolicyOf("""{ "identities": { "alice": { "uid": 7, "namespaces": ["/prod"], "kinds": ["msg"] }, "bob": {} } }""");
        await DoneAsync("policy", "check", file);
        Assert.Equal(
            """
            alice: user 7 of group 7; namespaces: /prod; kinds: msg; tokens: 0
            bob: the user of its certificate; namespaces: all; kinds: all; tokens: 0

            """,
            _tool.Output);
        await DoneAsync("policy", "explain", file, "alice", "msg", "--namespace", "/prod/a");
        Assert.EndsWith(
            "alice may enter /prod/a\nalice may call msg, as the permissions of each object allow it\n", _tool.Output);
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("policy", "explain", file, "alice", "sem", "--namespace", "/prod"));
        Assert.EndsWith("ipc: alice may not call sem: EACCES\n", _tool.Error);
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("policy", "explain", file, "alice"));
        Assert.EndsWith("ipc: alice may not enter /: EACCES\n", _tool.Error);
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("policy", "explain", file, "carol"));
        Assert.EndsWith("ipc: the policy has no identity \"carol\": the node refuses it\n", _tool.Error);
    }

    [Fact]
    public async Task A_policy_that_makes_no_sense_is_named()
    {
        var file = PolicyOf("""{ "identities": { "alice": { "uid": -1 } } }""");
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("policy", "check", file));
        Assert.Equal($"ipc: {file}: identity \"alice\": \"uid\" is not a number from 0 to 4294967294\n", _tool.Error);
    }

    [Fact]
    public async Task A_token_has_the_hash_that_is_shown()
    {
        await DoneAsync("policy", "token");
        var lines = _tool.Output.Split('\n');
        Assert.Equal(64, lines[0].Length);
        var file = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(file, _tool.Output);
        await DoneAsync("policy", "hash", file);
        Assert.Equal(lines[1], "# " + _tool.Output.Split('\n')[2]);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(Policy.HashOf(lines[0])), lines[1][2..]);
    }

    [Fact]
    public async Task Who_one_is_is_shown()
    {
        _tool.Operations.Who = new Protocol.WhoAmIReply
        {
            Identity = "alice", Shown = "certificate", Namespaces = { "/prod" }, Kinds = { "msg" },
            Credentials = new Protocol.Credentials { Uid = 7, Gid = 8, Groups = { 9 }, Kinds = 2 },
        };
        await DoneAsync("whoami");
        Assert.Equal(
            """
            identity           alice
            shown              certificate
            uid                7
            gid                8
            groups             9
            may be anybody     no
            namespaces         /prod
            kinds              msg

            """,
            _tool.Output);
    }

    [Fact]
    public async Task The_options_say_who_a_client_is()
    {
        var file = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(file, "secret\n# a comment\n");
        await DoneAsync(
            "ipcmk", "-Q", "--connect", "https://node:1", "--tls-authority", "a", "--tls-certificate", "c", "--tls-key", "k",
            "--token-file", file);
        var options = _tool.Connections[^1];
        Assert.Equal(("a", "c", "k"), (options.Tls.AuthorityFile, options.Tls.CertificateFile, options.Tls.KeyFile));
        Assert.Equal("secret", options.Token);
        // The node knows which user that is.
        Assert.Null(options.Uid);
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:/run/ipc.sock")]
    [InlineData("https://node:1")]
    [InlineData("ipcs://node:1")]
    public async Task A_user_is_stated_where_the_node_knows_it_only_if_it_is_named(string address)
    {
        await DoneAsync("ipcs", "--connect", address);
        Assert.Null(_tool.Connections[^1].Uid);
        await DoneAsync("ipcs", "--connect", address, "--uid", "5", "--gid", "6");
        Assert.Equal((5u, 6u), (_tool.Connections[^1].Uid, _tool.Connections[^1].Gid));
    }

    [Theory]
    [InlineData("whoami --connect unix:relative", "--connect: 'unix:relative' is not an address")]
    [InlineData("whoami --tls-key k", "--tls-key: a key needs --tls-certificate")]
    [InlineData("whoami --token-file /no/such/file", "--token-file: ")]
    [InlineData("whoami --connect https://node:1 --gid 5", "--gid and --groups need --uid here")]
    public async Task Options_that_make_no_sense_are_explained(string words, string error)
    {
        Assert.Equal(ExitCodes.Usage, await _tool.RunAsync(words));
        Assert.Contains(error, _tool.Error, StringComparison.Ordinal);
        Assert.Empty(_tool.Connections);
    }

    private string PolicyOf(string text)
    {
        var file = Path.Combine(_folder, "policy.json");
        File.WriteAllText(file, text);
        return file;
    }

    private async Task DoneAsync(params string[] words)
    {
        var code = await _tool.RunAsync(words);
        Assert.True(code == ExitCodes.Done, _tool.Error);
    }
}
