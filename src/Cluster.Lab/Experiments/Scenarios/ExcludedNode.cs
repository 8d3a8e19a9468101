using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>A node that the other nodes have declared dead.</summary>
internal static class ExcludedNode
{
    /// <summary>Waits until the node ends itself, and adds the verdict. Kills a node that does not.</summary>
    public static async Task EndedAsync(ScenarioContext context, LabNode node, CancellationToken cancelled)
    {
        const string Name = "a node given up ends itself";
        var from = LabClock.Now;
        if (await node.EndedAsync(ScenarioContext.Patience, cancelled).ConfigureAwait(false) is { } code)
        {
            var now = context.Timeline.Note($"{node.Name} has ended itself, exit code {code}");
            context.Report(Name, true, $"{node.Name} ended after {LabClock.Seconds(from, now):F1} s, exit code {code}");
            return;
        }

        context.Report(Name, false, $"{node.Name} still runs {ScenarioContext.Patience.TotalSeconds} s later");
        context.Timeline.Note($"{node.Name} has not ended itself: SIGKILL");
        await node.KillAsync().ConfigureAwait(false);
    }
}
