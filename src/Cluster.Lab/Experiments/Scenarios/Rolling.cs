namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// SIGTERM to one node after another. Each node leaves the cluster in order and is started again, as in an upgrade.
/// </summary>
internal sealed class Rolling : IScenario
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        var bad = new List<string>();
        foreach (var node in context.Nodes.All)
        {
            context.FaultBegins($"SIGTERM to {node.Name}");
            await node.TerminateAsync().ConfigureAwait(false);
            var code = await node.EndedAsync(ScenarioContext.Patience, cancelled).ConfigureAwait(false);
            context.Timeline.Note(
                code is null ? $"{node.Name} does not end: SIGKILL" : $"{node.Name} ended, exit code {code}");
            if (code != 0) bad.Add($"{node.Name}: {code?.ToString() ?? "does not end"}");
            if (code is null) await node.KillAsync().ConfigureAwait(false);
            await context.RestartAsync(node, cancelled).ConfigureAwait(false);
            await Task.Delay(Pause, cancelled).ConfigureAwait(false);
        }

        context.Report(
            "nodes end in order",
            bad.Count == 0,
            bad.Count == 0 ? "each ended with exit code 0 when it was told to" : string.Join("; ", bad));
    }
}
