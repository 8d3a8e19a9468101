using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>SIGKILL to the node with most objects or to the node that places the shards; the seed chooses.</summary>
internal sealed class Failover : IScenario
{
    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(context).ConfigureAwait(false);
        context.FaultBegins($"SIGKILL to {victim.Name}");
        await victim.KillAsync().ConfigureAwait(false);
        await Task.Delay(context.FaultDuration, cancelled).ConfigureAwait(false);
        await context.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
