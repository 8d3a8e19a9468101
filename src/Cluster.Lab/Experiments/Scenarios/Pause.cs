using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>SIGSTOP until the others have given the node up, then SIGCONT: it has to find out, and to end itself.</summary>
internal sealed class Pause : IScenario
{
    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(stage).ConfigureAwait(false);
        stage.Hurt($"SIGSTOP to {victim.Name}");
        victim.Signal(Signals.Stop);
        await Task.Delay(stage.Options.Silence, cancelled).ConfigureAwait(false);
        stage.Timeline.Note($"SIGCONT to {victim.Name}");
        victim.Signal(Signals.Continue);
        await Zombie.EndedAsync(stage, victim, cancelled).ConfigureAwait(false);
        await stage.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
