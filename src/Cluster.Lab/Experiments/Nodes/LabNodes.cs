using System.Diagnostics;
using Cluster.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cluster.Lab.Experiments.Nodes;

/// <summary>The cluster of an experiment.</summary>
internal sealed class LabNodes : IAsyncDisposable
{
    private static readonly TimeSpan StatTimeout = TimeSpan.FromSeconds(5);

    private readonly List<LabNode> _nodes = [];

    public LabNodes(ExperimentOptions options, INetwork network, string journal, string work)
    {
        var seeds = string.Join(',', Enumerable.Range(0, options.Nodes).Select(i => network.PlaceOf(i).Remote));
        for (var i = 0; i < options.Nodes; i++)
        {
            var place = network.PlaceOf(i);
            string[] command =
            [
                .. place.Prefix, "dotnet", options.NodePath, "--data", Path.Combine(work, $"node-{i}"),
                "--listen", place.Listen, "--web", "none", "--remote", place.Remote, "--seed-nodes", seeds, "--journal", journal,
                "--profile", options.Profile, .. (string[])(place.Prefix.Count > 0 ? ["--insecure"] : []),
            ];
            var start = new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            _nodes.Add(new LabNode($"node-{i}", place, start, Path.Combine(options.Out, $"node-{i}.log")));
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<LabNode> All => _nodes;

    /// <summary>Starts all: the first first, because it makes the cluster that the others join.</summary>
    public async Task StartAsync(CancellationToken cancelled)
    {
        _nodes[0].Start();
        await _nodes[0].ReadyAsync(cancelled).ConfigureAwait(false);
        foreach (var node in _nodes.Skip(1)) node.Start();
        await ReadyAsync(cancelled).ConfigureAwait(false);
    }

    /// <summary>Waits until all are ready.</summary>
    public Task ReadyAsync(CancellationToken cancelled) => Task.WhenAll(_nodes.Select(node => node.ReadyAsync(cancelled)));

    /// <summary>The one that has been a member for longest, which therefore places the shards.</summary>
    public LabNode Coordinator => _nodes.Where(node => node.IsAlive).MinBy(node => node.StartedAt)!;

    /// <summary>The one with most entities.</summary>
    public async Task<LabNode> BusiestAsync()
    {
        var counts = await Task.WhenAll(_nodes.Select(EntitiesAsync)).ConfigureAwait(false);
        return _nodes[Array.IndexOf(counts, counts.Max())];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) node.Signal(Signals.Kill);
        foreach (var node in _nodes) await node.KillAsync().ConfigureAwait(false);
        foreach (var node in _nodes) node.Dispose();
    }

    private static async Task<long> EntitiesAsync(LabNode node)
    {
        using var channel = GrpcChannel.ForAddress(node.Place.Gateway);
        try
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + StatTimeout;
            var stat = await new Gateway.GatewayClient(channel).StatAsync(new NodeStatRequest(), deadline: deadline);
            return stat.Entities;
        }
        catch (RpcException)
        {
            return -1;
        }
    }
}
