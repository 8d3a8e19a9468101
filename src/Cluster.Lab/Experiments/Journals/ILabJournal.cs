namespace Cluster.Lab.Experiments.Journals;

/// <summary>The journal that the nodes share.</summary>
internal interface ILabJournal : IAsyncDisposable
{
    /// <summary>In the report.</summary>
    string Name { get; }

    /// <summary>The nodes' --journal; known when it has been opened.</summary>
    string Setting { get; }

    /// <summary>Makes it.</summary>
    /// <exception cref="ExperimentException">It cannot be made.</exception>
    Task OpenAsync();

    /// <summary>Takes it away.</summary>
    /// <returns>What was done, in words.</returns>
    /// <exception cref="ExperimentException">It cannot be taken away.</exception>
    Task<string> BreakAsync();

    /// <summary>Brings it back.</summary>
    Task RepairAsync();
}
