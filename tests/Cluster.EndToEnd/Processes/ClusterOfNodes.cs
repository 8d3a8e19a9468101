namespace Cluster.EndToEnd.Processes;

/// <summary>Several nodes on this machine that share a SQLite journal.</summary>
public sealed class ClusterOfNodes : IAsyncDisposable
{
    private readonly List<NodeProcess> _nodes = [];
    private readonly string _folder;
    private readonly string[] _arguments;
    private string _seeds = "";

    private ClusterOfNodes(string folder, string[] arguments) => (_folder, _arguments) = (folder, arguments);

    /// <summary>The nodes; the first has the shard coordinator, as long as it lives.</summary>
    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>The seed nodes, in the form of the command line.</summary>
    public string Seeds => _seeds;

    /// <summary>The journal's file.</summary>
    public string Journal => Path.Combine(_folder, "journal.db");

    /// <summary>The gateways of all nodes.</summary>
    public string[] Addresses => [.. _nodes.Select(node => node.Address)];

    /// <summary>Starts a number of nodes, and waits until each is ready.</summary>
    /// <param name="count">How many.</param>
    /// <param name="arguments">Additional arguments of each node.</param>
    public static async Task<ClusterOfNodes> StartAsync(int count, params string[] arguments)
    {
        var cluster = new ClusterOfNodes(Directory.CreateTempSubdirectory("ipc-cluster-").FullName, arguments);
        var ports = Enumerable.Range(0, count).Select(_ => NodeProcess.FreePort()).ToArray();
        cluster._seeds = string.Join(',', ports.Select(port => $"127.0.0.1:{port}"));
        // One after the other: the first starts the cluster.
        foreach (var port in ports) await cluster.AddAsync(port);
        return cluster;
    }

    /// <summary>Starts one more.</summary>
    public Task AddAsync() => AddAsync(NodeProcess.FreePort());

    private async Task AddAsync(int port) => _nodes.Add(await NodeProcess.StartAsync(
    [
        "--remote", $"127.0.0.1:{port}", "--seed-nodes", _seeds,
        "--journal", $"sqlite:{Journal}", .. _arguments,
    ]));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
