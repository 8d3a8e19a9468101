namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// SIGSTOP until the others have given the node up, then SIGCONT: it has to find out, and to end itself.
/// </summary>
internal sealed class Pause : IScenario
{
    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(stage).ConfigureAwait(false);
        stage.Hurt(await victim.PauseAsync().ConfigureAwait(false));
        await Task.Delay(stage.Options.Silence, cancelled).ConfigureAwait(false);
        stage.Timeline.Note(await victim.ContinueAsync().ConfigureAwait(false));
        await Zombie.EndedAsync(stage, victim, cancelled).ConfigureAwait(false);
        await stage.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
