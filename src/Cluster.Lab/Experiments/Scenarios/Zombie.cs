using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>A node that the others have given up.</summary>
internal static class Zombie
{
    /// <summary>Sees it end itself, and judges; one that does not is killed.</summary>
    public static async Task EndedAsync(Stage stage, LabNode zombie, CancellationToken cancelled)
    {
        const string Name = "a node given up ends itself";
        var from = LabClock.Now;
        if (await zombie.EndedAsync(Stage.Patience, cancelled).ConfigureAwait(false) is { } code)
        {
            var now = stage.Timeline.Note($"{zombie.Name} has ended itself, exit code {code}");
            stage.Judge(Name, true, $"{zombie.Name} ended after {LabClock.Seconds(from, now):F1} s, exit code {code}");
            return;
        }

        stage.Judge(Name, false, $"{zombie.Name} still runs {Stage.Patience.TotalSeconds} s later");
        stage.Timeline.Note($"{zombie.Name} has not ended itself: SIGKILL");
        await zombie.KillAsync().ConfigureAwait(false);
    }
}
