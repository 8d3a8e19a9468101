using System.Diagnostics;
using Cluster.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>The nodes of an experiment.</summary>
internal sealed class LabNodes(IReadOnlyList<LabNode> nodes) : IAsyncDisposable
{
    private const int OwnersAtOnce = 16;

    private static readonly TimeSpan StatTimeout = TimeSpan.FromSeconds(5);

    /// <summary>All nodes.</summary>
    public IReadOnlyList<LabNode> All => nodes;

    /// <summary>A cluster of processes that the experiment starts.</summary>
    /// <param name="options">The options of the experiment.</param>
    /// <param name="network">The network of the nodes.</param>
    /// <param name="journal">The value of --journal.</param>
    /// <param name="work">The directory for the nodes' data.</param>
    /// <param name="clocks">The wall clocks of the nodes; null: the machine's.</param>
    public static LabNodes OfProcesses(
        ExperimentOptions options, INetwork network, string journal, string work, FakeClocks? clocks = null)
    {
        var all = new List<LabNode>();
        var seeds = string.Join(',', Enumerable.Range(0, options.Nodes).Select(i => network.EndpointOf(i).Remote));
        for (var i = 0; i < options.Nodes; i++)
        {
            var place = network.EndpointOf(i);
            string[] command =
            [
                .. place.Prefix, "dotnet", options.NodePath, "--data", Path.Combine(work, $"node-{i}"),
                "--listen", place.Listen, "--web", "none", "--remote", place.Remote, "--seed-nodes", seeds,
                "--journal", journal, "--profile", options.Profile,
                .. (string[])(place.Prefix.Count > 0 ? ["--insecure"] : []),
            ];
            var start = new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            // A killed node would leave the pipe of its diagnostics behind.
            start.Environment.TryAdd("DOTNET_EnableDiagnostics", "0");
            clocks?.AddTo(start.Environment, i);
            all.Add(new ProcessNode($"node-{i}", place, start, Path.Combine(options.Out, $"node-{i}.log")));
        }

        return new LabNodes(all);
    }

    /// <summary>
    /// Starts all nodes. The first one starts alone, because it forms the cluster that the others join.
    /// </summary>
    public async Task StartAsync(CancellationToken cancelled)
    {
        await nodes[0].StartAsync().ConfigureAwait(false);
        await nodes[0].ReadyAsync(cancelled).ConfigureAwait(false);
        foreach (var node in nodes.Skip(1)) await node.StartAsync().ConfigureAwait(false);
        await ReadyAsync(cancelled).ConfigureAwait(false);
    }

    /// <summary>Waits until all nodes are ready.</summary>
    public Task ReadyAsync(CancellationToken cancelled) =>
        Task.WhenAll(nodes.Select(node => node.ReadyAsync(cancelled)));

    /// <summary>The oldest member: it places the shards.</summary>
    public async Task<LabNode> CoordinatorAsync()
    {
        foreach (var asked in nodes.Where(node => node.IsAlive))
        {
            if (await OldestAsync(asked).ConfigureAwait(false) is { } oldest) return oldest;
        }

        return nodes.Where(node => node.IsAlive).MinBy(node => node.StartedAt)!;
    }

    /// <summary>The node with most entities.</summary>
    public async Task<LabNode> BusiestAsync()
    {
        var counts = await Task.WhenAll(nodes.Select(EntitiesAsync)).ConfigureAwait(false);
        return nodes[Array.IndexOf(counts, counts.Max())];
    }

    /// <summary>
    /// The names of the given objects that are on a node; null: an object or the node's gateway was not found.
    /// </summary>
    public async Task<IReadOnlySet<string>?> ObjectsOnAsync(
        LabNode node, string path, IEnumerable<(string Name, Target Target)> objects)
    {
        using var channel = GrpcChannel.ForAddress(node.Gateway);
        var operations = new Operations.OperationsClient(channel);
        var found = new HashSet<string>();
        try
        {
            var members = await operations.MembersAsync(new MembersRequest(), deadline: Deadline).ConfigureAwait(false);
            if (members.Members.All(member => member.Figures?.Gateway != node.Gateway)) return null;
            foreach (var some in objects.Chunk(OwnersAtOnce))
            {
                var owners = await Task.WhenAll(some.Select(one => operations.OwnerAsync(
                    new OwnerRequest { Namespace = path, Object = one.Target }, deadline: Deadline).ResponseAsync))
                    .ConfigureAwait(false);
                if (owners.Any(owner => owner.Errno != 0 || owner.Gateway.Length == 0)) return null;
                found.UnionWith(some.Zip(owners).Where(pair => pair.Second.Gateway == node.Gateway)
                    .Select(pair => pair.First.Name));
            }
        }
        catch (RpcException)
        {
            return null;
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(nodes.Select(node => node.ReleaseAsync())).ConfigureAwait(false);
        foreach (var node in nodes) node.Dispose();
    }

    private async Task<LabNode?> OldestAsync(LabNode asked)
    {
        using var channel = GrpcChannel.ForAddress(asked.Gateway);
        try
        {
            var members = await new Operations.OperationsClient(channel)
                .MembersAsync(new MembersRequest(), deadline: Deadline).ConfigureAwait(false);
            var gateway = members.Members.FirstOrDefault(member => member.Oldest)?.Figures?.Gateway;
            return nodes.FirstOrDefault(node => node.Gateway == gateway);
        }
        catch (RpcException)
        {
            return null;
        }
    }

    private static async Task<long> EntitiesAsync(LabNode node)
    {
        using var channel = GrpcChannel.ForAddress(node.Gateway);
        try
        {
            var stat = await new Gateway.GatewayClient(channel)
                .StatAsync(new NodeStatRequest(), deadline: Deadline).ConfigureAwait(false);
            return stat.Entities;
        }
        catch (RpcException)
        {
            return -1;
        }
    }

    private static DateTime Deadline => TimeProvider.System.GetUtcNow().UtcDateTime + StatTimeout;
}
