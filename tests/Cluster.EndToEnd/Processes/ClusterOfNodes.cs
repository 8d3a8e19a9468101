namespace Cluster.EndToEnd.Processes;

/// <summary>Several nodes on this machine that share a SQLite journal.</summary>
public sealed class ClusterOfNodes : IAsyncDisposable
{
    private readonly List<NodeProcess> _nodes = [];
    private readonly string _journal;

    private ClusterOfNodes(string journal) => _journal = journal;

    /// <summary>The nodes; the first has the shard coordinator, as long as it lives.</summary>
    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>The gateways of all nodes.</summary>
    public string[] Addresses => [.. _nodes.Select(node => node.Address)];

    /// <summary>Starts so many nodes, and waits until each says that it is ready.</summary>
    public static async Task<ClusterOfNodes> StartAsync(int count)
    {
        var cluster = new ClusterOfNodes(Directory.CreateTempSubdirectory("ipc-cluster-").FullName);
        var ports = Enumerable.Range(0, count).Select(_ => NodeProcess.FreePort()).ToArray();
        var seeds = string.Join(',', ports.Select(port => $"127.0.0.1:{port}"));
        foreach (var port in ports)
        {
            // One after the other: the first starts the cluster.
            cluster._nodes.Add(await NodeProcess.StartAsync(
                "--remote", $"127.0.0.1:{port}", "--seed-nodes", seeds,
                "--journal", $"sqlite:{Path.Combine(cluster._journal, "journal.db")}"));
        }

        return cluster;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        Directory.Delete(_journal, recursive: true);
    }
}
