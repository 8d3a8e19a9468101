using Cluster.Lab.Experiments.Journals;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>The database of a cluster in containers.</summary>
internal sealed class ContainerJournal(Container? container) : ILabJournal
{
    public string Name => container is null ? "the cluster's own journal" : $"container {container.Name}";

    public string Setting => throw new NotSupportedException("the nodes have their journal");

    public Task OpenAsync() => Task.CompletedTask;

    public async Task<string> BreakAsync()
    {
        if (container is null)
            throw new ExperimentException(
                "there is no container of service postgres in the nodes' project: "
                + "name the journal's with --journal-container");
        await Docker.RunAsync("kill", container.Id).ConfigureAwait(false);
        return $"docker kill {container.Name}";
    }

    public Task RepairAsync() => Docker.RunAsync("start", container!.Id);

    public async ValueTask DisposeAsync()
    {
        if (container is not null) await Docker.TryAsync("start", container.Id).ConfigureAwait(false);
    }
}
