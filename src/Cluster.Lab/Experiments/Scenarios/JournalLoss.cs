namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>The journal is killed or locked, and becomes available again.</summary>
internal sealed class JournalLoss : IScenario
{
    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        var from = LabClock.Now;
        var what = await context.Journal.BreakAsync().ConfigureAwait(false);
        context.FaultBegins(what);
        if (LabClock.Seconds(from, context.FaultAt) > 1)
            context.Timeline.Note("it took more than a second to get hold of it");
        try
        {
            await Task.Delay(context.FaultDuration, cancelled).ConfigureAwait(false);
        }
        finally
        {
            await context.Journal.RepairAsync().ConfigureAwait(false);
        }

        context.Healed("the journal is back");
    }
}
