namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>The journal is killed, or locked, and comes back.</summary>
internal sealed class JournalLoss : IScenario
{
    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        var asked = LabClock.Now;
        var what = await stage.Journal.BreakAsync().ConfigureAwait(false);
        stage.Hurt(what);
        if (LabClock.Seconds(asked, stage.FaultAt) > 1)
            stage.Timeline.Note("it took more than a second to get hold of it");
        try
        {
            await Task.Delay(stage.Away, cancelled).ConfigureAwait(false);
        }
        finally
        {
            await stage.Journal.RepairAsync().ConfigureAwait(false);
        }

        stage.Healed("the journal is back");
    }
}
