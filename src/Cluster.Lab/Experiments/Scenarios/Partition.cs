namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// The network between one node and the others is cut. Clients and journal still reach all nodes. The node has no
/// majority and must end itself. Then the network is healed and the node started again.
/// </summary>
internal sealed class Partition : IScenario
{
    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(context).ConfigureAwait(false);
        context.FaultBegins($"{victim.Name} is cut off from the other nodes");
        await context.Network.CutAsync(context.Nodes.All.ToList().IndexOf(victim)).ConfigureAwait(false);
        var silence = Task.Delay(context.Options.Silence, cancelled);
        await ExcludedNode.EndedAsync(context, victim, cancelled).ConfigureAwait(false);
        await silence.ConfigureAwait(false);
        await context.Network.HealAsync().ConfigureAwait(false);
        context.Timeline.Note("the network is healed");
        await context.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
