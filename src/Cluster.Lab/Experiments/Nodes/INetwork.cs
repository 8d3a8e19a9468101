namespace Cluster.Lab.Experiments.Nodes;

/// <summary>The network of the nodes and their clients.</summary>
internal interface INetwork : IAsyncDisposable
{
    /// <summary>The address of the host, as nodes see it.</summary>
    string HostAddress { get; }

    /// <summary>Creates the network.</summary>
    /// <exception cref="ExperimentException">The network cannot be created here.</exception>
    Task OpenAsync(int nodes);

    /// <summary>The endpoint of a node.</summary>
    NodeEndpoint EndpointOf(int node);

    /// <summary>Silently drops all packets between a node and the others.</summary>
    Task CutAsync(int node);

    /// <summary>Silently drops all packets from a node to another one. Packets of the other direction arrive.</summary>
    Task CutOneWayAsync(int from, int to) => throw new NotSupportedException("this network is not cut in one direction");

    /// <summary>Connects all nodes again.</summary>
    Task HealAsync();
}
