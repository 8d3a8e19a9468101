namespace Cluster.Lab.Experiments.Nodes;

/// <summary>Where the nodes live, and how the clients get there.</summary>
internal interface INetwork : IAsyncDisposable
{
    /// <summary>The host's address, as nodes see it.</summary>
    string HostAddress { get; }

    /// <summary>Makes it.</summary>
    /// <exception cref="ExperimentException">It cannot be made here.</exception>
    Task OpenAsync(int nodes);

    /// <summary>Where a node listens.</summary>
    NodePlace PlaceOf(int node);

    /// <summary>Nothing gets from a node to the others or from them to it any more, in silence.</summary>
    Task CutAsync(int node);

    /// <summary>All reach each other again.</summary>
    Task HealAsync();
}
