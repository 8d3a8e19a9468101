using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>SIGKILL to the node that has most objects, or to the one that places the shards; by the seed.</summary>
internal sealed class Failover : IScenario
{
    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(stage).ConfigureAwait(false);
        stage.Hurt($"SIGKILL to {victim.Name}");
        await victim.KillAsync().ConfigureAwait(false);
        await Task.Delay(stage.Away, cancelled).ConfigureAwait(false);
        await stage.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
