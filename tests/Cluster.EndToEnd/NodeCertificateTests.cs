using System.Text.Json;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Security.Certificates;

namespace Cluster.EndToEnd;

/// <summary>Nodes with certificates: they form a cluster, and take no node without one.</summary>
public sealed class NodeCertificateTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("ipc-nodes-").FullName;

    private CertificateFolder Certs => new(Path.Combine(_directory, "certs"));

    private CertificateFolder Foreign => new(Path.Combine(_directory, "foreign"));

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public async Task A_cluster_with_certificates_serves_its_clients_after_a_death_and_takes_no_stranger()
    {
        Make();
        var seed = $"127.0.0.1:{NodeProcess.FreePort()}";
        await using var first = await NodeProcess.StartAsync(Node(Certs, "node", "--remote", seed));
        await using var second = await NodeProcess.StartAsync(Node(Certs, "node", "--seed-nodes", seed));
        await using var third = await NodeProcess.StartAsync(Node(Certs, "node", "--seed-nodes", seed));
        Assert.Equal(3, await MembersAsync(first));

        await using var client = await IpcClient.ConnectAsync(new IpcClientOptions
        {
            Addresses = [second.Address, third.Address], ConnectTimeout = Patience,
            Tls =
            {
                AuthorityFile = Certs.Authority, CertificateFile = Certs.PemOf("alice"), KeyFile = Certs.KeyOf("alice"),
            },
        });
        var queues = new List<IMessageQueue>();
        for (var i = 0; i < 12; i++)
        {
            queues.Add(await client.MessageQueues.CreateAsync());
            await queues[i].SendAsync(1, new[] { (byte)i });
        }

        foreach (var (arguments, said) in ((string[], string?)[])
            [
                (["--journal", Journal, "--seed-nodes", seed], null),
                (Node(Foreign, "node", "--seed-nodes", seed), "it wants to speak as a node"),
            ])
        {
            await using var stranger = NodeProcess.BeginNew(arguments);
            await stranger.SaysAsync("[106]");
            if (said is not null) await first.SaysAsync(said);
            Assert.DoesNotContain("[101]", stranger.Output, StringComparison.Ordinal);
            Assert.Equal(3, await MembersAsync(first));
        }

        // A client of the cluster is no node of it.
        var refused = await NodeProcess.RunAsync(
            ["--listen", "127.0.0.1:0", "--data", _directory, .. Node(Certs, "alice", "--seed-nodes", seed)]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("is for clients", refused.Error, StringComparison.Ordinal);

        await second.KillAsync();
        for (var i = 0; i < queues.Count; i++)
            Assert.Equal([(byte)i], (await queues[i].ReceiveAsync().AsTask().WaitAsync(Patience)).Text.ToArray());
    }

    private string Journal => $"sqlite:{Path.Combine(_directory, "journal.db")}";

    private void Make()
    {
        var (now, validity) = (DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        foreach (var folder in (CertificateFolder[])[Certs, Foreign])
        {
            folder.Init(now, validity);
            folder.AddNode("node", ["localhost", "127.0.0.1"], now, validity);
        }

        Certs.AddClient(new SignedIdentity("alice", 1000, null, []), now, validity);
    }

    private string[] Node(CertificateFolder certs, string name, params string[] more) =>
    [
        "--journal", Journal, "--tls-certificate", certs.PemOf(name), "--tls-key", certs.KeyOf(name), "--tls-authority",
        certs.Authority, .. more,
    ];

    private async Task<int> MembersAsync(NodeProcess node)
    {
        var run = await CliProcess.RunAsync(
            node.Address, "cluster", "--json", "--tls-authority", Certs.Authority, "--tls-certificate", Certs.PemOf("alice"),
            "--tls-key", Certs.KeyOf("alice"));
        Assert.Equal("", run.Error);
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("members").GetArrayLength();
    }
}
