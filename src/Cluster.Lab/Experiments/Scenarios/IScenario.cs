namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>Injects the faults of an experiment while the clients make calls.</summary>
internal interface IScenario
{
    /// <summary>Called before the clients begin.</summary>
    Task PrepareAsync(ScenarioContext context, CancellationToken cancelled) => Task.CompletedTask;

    /// <summary>Injects the faults and heals the cluster.</summary>
    Task RunAsync(ScenarioContext context, CancellationToken cancelled);

    /// <summary>Called after the workload was drained.</summary>
    Task EndAsync(ScenarioContext context, CancellationToken cancelled) => Task.CompletedTask;
}
