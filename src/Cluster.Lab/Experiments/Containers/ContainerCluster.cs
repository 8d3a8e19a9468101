namespace Cluster.Lab.Experiments.Containers;

/// <summary>The containers of a cluster.</summary>
/// <param name="Nodes">The containers of the nodes, in the order of the gateways.</param>
/// <param name="Journal">The container of the journal; null: it is not known.</param>
internal sealed record ContainerCluster(IReadOnlyList<Container> Nodes, Container? Journal)
{
    private const string JournalService = "postgres";

    /// <summary>Finds the containers.</summary>
    /// <exception cref="ExperimentException">A container does not exist, or several fit.</exception>
    public static async Task<ContainerCluster> FindAsync(ExperimentOptions options)
    {
        var known = await Container.OfComposeAsync().ConfigureAwait(false);
        var named = await Container.InspectAsync([.. options.Containers]).ConfigureAwait(false);
        var nodes = named.Count > 0 ? named : [.. options.Cluster.Select(address => Of(address, known))];
        var journal = options.JournalContainer is { } name
            ? (await Container.InspectAsync(name).ConfigureAwait(false))[0]
            : known.FirstOrDefault(
                container => container.Service == JournalService && container.Project == nodes[0].Project);
        return new ContainerCluster(nodes, journal);
    }

    /// <summary>The container that publishes the port of an address.</summary>
    /// <exception cref="ExperimentException">No container does, or several do.</exception>
    internal static Container Of(string address, IReadOnlyList<Container> known)
    {
        var found = known.Where(container => container.Ports.Contains(new Uri(address).Port)).ToList();
        return found.Count == 1
            ? found[0]
            : throw new ExperimentException(found.Count == 0
                ? $"no container of Compose that runs publishes the port of {address}: "
                    + "name the nodes' with --containers"
                : $"several containers publish the port of {address}: "
                    + $"{string.Join(", ", found.Select(one => one.Name))}; "
                    + "name the nodes' with --containers");
    }

    /// <summary>The networks that a node shares with other nodes.</summary>
    public IReadOnlyList<string> SharedNetworks(Container node) =>
    [
        .. node.Networks.Keys.Where(
            network => Nodes.Any(other => other.Id != node.Id && other.Networks.ContainsKey(network))),
    ];
}
