namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// SIGSTOP until the other nodes have declared the node dead, then SIGCONT. The node must find out and end itself.
/// </summary>
internal sealed class Pause : IScenario
{
    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        var victim = await Victim.ChooseAsync(context).ConfigureAwait(false);
        context.FaultBegins(await victim.PauseAsync().ConfigureAwait(false));
        await Task.Delay(context.Options.Silence, cancelled).ConfigureAwait(false);
        context.Timeline.Note(await victim.ContinueAsync().ConfigureAwait(false));
        await ExcludedNode.EndedAsync(context, victim, cancelled).ConfigureAwait(false);
        await context.RestartAsync(victim, cancelled).ConfigureAwait(false);
    }
}
