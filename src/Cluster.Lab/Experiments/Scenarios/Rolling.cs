namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>SIGTERM to each node in turn, which takes leave in order, and is started again: an upgrade.</summary>
internal sealed class Rolling : IScenario
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        var bad = new List<string>();
        foreach (var node in stage.Nodes.All)
        {
            stage.Hurt($"SIGTERM to {node.Name}");
            await node.TerminateAsync().ConfigureAwait(false);
            var code = await node.EndedAsync(Stage.Patience, cancelled).ConfigureAwait(false);
            stage.Timeline.Note(
                code is null ? $"{node.Name} does not end: SIGKILL" : $"{node.Name} ended, exit code {code}");
            if (code != 0) bad.Add($"{node.Name}: {code?.ToString() ?? "does not end"}");
            if (code is null) await node.KillAsync().ConfigureAwait(false);
            await stage.RestartAsync(node, cancelled).ConfigureAwait(false);
            await Task.Delay(Pause, cancelled).ConfigureAwait(false);
        }

        stage.Judge(
            "nodes end in order",
            bad.Count == 0,
            bad.Count == 0 ? "each ended with exit code 0 when it was told to" : string.Join("; ", bad));
    }
}
