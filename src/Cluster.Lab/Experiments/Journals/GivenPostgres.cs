namespace Cluster.Lab.Experiments.Journals;

/// <summary>A database that is there, and that is not ours to break.</summary>
internal sealed class GivenPostgres(string url) : ILabJournal
{
    public string Name => "postgres://";

    public string Setting => url;

    public Task OpenAsync() => Task.CompletedTask;

    public Task<string> BreakAsync() => throw new ExperimentException(
        "a database that was given is not killed: use --journal postgres for a server of the experiment's own");

    public Task RepairAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
