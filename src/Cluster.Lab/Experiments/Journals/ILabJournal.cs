namespace Cluster.Lab.Experiments.Journals;

/// <summary>The journal that the nodes share.</summary>
internal interface ILabJournal : IAsyncDisposable
{
    /// <summary>Its name in the report.</summary>
    string Name { get; }

    /// <summary>The value of the nodes' --journal; known after <see cref="OpenAsync"/>.</summary>
    string Setting { get; }

    /// <summary>Creates or checks the journal.</summary>
    /// <exception cref="ExperimentException">The journal cannot be created or reached.</exception>
    Task OpenAsync();

    /// <summary>Makes the journal unavailable.</summary>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="ExperimentException">The journal cannot be made unavailable.</exception>
    Task<string> BreakAsync();

    /// <summary>Makes the journal available again.</summary>
    Task RepairAsync();

    /// <summary>Waits until the journal works again after its disk failed. Starts a server that has ended.</summary>
    Task ReviveAsync() => Task.CompletedTask;
}
