namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// Nothing gets from one node to the others; clients and journal reach all. The one has no majority and has to end
/// itself; the network is healed, and it comes back.
/// </summary>
internal sealed class Partition : IScenario
{
    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(stage).ConfigureAwait(false);
        stage.Hurt($"{victim.Name} is cut off from the other nodes");
        await stage.Network.CutAsync(stage.Nodes.All.ToList().IndexOf(victim)).ConfigureAwait(false);
        var hold = Task.Delay(stage.Options.Silence, cancelled);
        await Zombie.EndedAsync(stage, victim, cancelled).ConfigureAwait(false);
        await hold.ConfigureAwait(false);
        await stage.Network.HealAsync().ConfigureAwait(false);
        stage.Timeline.Note("the network is healed");
        await stage.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
