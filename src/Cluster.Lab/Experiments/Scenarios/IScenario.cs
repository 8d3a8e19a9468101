namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>What is done to the cluster while the clients work.</summary>
internal interface IScenario
{
    /// <summary>Before the clients begin.</summary>
    Task PrepareAsync(Stage stage, CancellationToken cancelled) => Task.CompletedTask;

    /// <summary>Hurts the cluster and makes it whole again.</summary>
    Task RunAsync(Stage stage, CancellationToken cancelled);

    /// <summary>After the workload has been drained.</summary>
    Task EndAsync(Stage stage, CancellationToken cancelled) => Task.CompletedTask;
}
