using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>
/// The networks that a cluster's containers share. A cut disconnects a node from them, so it also loses a journal that
/// is in them. Its clients still reach it through a network that it does not share.
/// </summary>
internal sealed class ContainerNetwork(ContainerCluster containers) : INetwork
{
    private readonly List<(Container Node, string Network)> _cut = [];

    public string HostAddress => "127.0.0.1";

    public Task OpenAsync(int nodes) => Task.CompletedTask;

    public NodeEndpoint EndpointOf(int node) => throw new NotSupportedException("containers have their own addresses");

    public async Task CutAsync(int node)
    {
        var container = containers.Nodes[node];
        var shared = containers.SharedNetworks(container);
        if (shared.Count == 0)
            throw new ExperimentException($"{container.Name} shares no network with the other nodes");
        if (shared.Count == container.Networks.Count)
            throw new ExperimentException(
                $"{container.Name} has no network of its own: its clients would be cut off too");
        foreach (var network in shared)
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
