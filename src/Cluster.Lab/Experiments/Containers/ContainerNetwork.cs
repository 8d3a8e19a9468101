using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>
/// The networks that a cluster's containers share. A node that is cut off is taken out of them, so it loses the journal
/// too if that is there; its clients, in a network of the node's own, reach it.
/// </summary>
internal sealed class ContainerNetwork(Fleet fleet) : INetwork
{
    private readonly List<(Container Node, string Network)> _cut = [];

    public string HostAddress => "127.0.0.1";

    public Task OpenAsync(int nodes) => Task.CompletedTask;

    public NodePlace PlaceOf(int node) => throw new NotSupportedException("the containers are where they are");

    public async Task CutAsync(int node)
    {
        var container = fleet.Nodes[node];
        var between = fleet.Between(container);
        if (between.Count == 0)
            throw new ExperimentException($"{container.Name} shares no network with the other nodes");
        if (between.Count == container.Networks.Count)
            throw new ExperimentException(
                $"{container.Name} has no network of its own: its clients would be cut off too");
        foreach (var network in between)
        {
            _cut.Add((container, network));
            await Docker.RunAsync("network", "disconnect", network, container.Id).ConfigureAwait(false);
        }
    }

    public async Task HealAsync()
    {
        foreach (var (node, network) in _cut)
        {
            var aliases = node.Networks[network].SelectMany(alias => new[] { "--alias", alias });
            await Docker.RunAsync(["network", "connect", .. aliases, network, node.Id]).ConfigureAwait(false);
        }

        _cut.Clear();
    }

    public async ValueTask DisposeAsync() => await HealAsync().ConfigureAwait(false);
}
