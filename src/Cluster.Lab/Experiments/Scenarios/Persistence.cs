using Cluster.Client;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// SIGKILL to all nodes at once. Beside the clients' history, a still life that nobody touches is looked at before and
/// after: queues, sets and words that have to be exactly the same.
/// </summary>
internal sealed class Persistence : IScenario
{
    private static readonly TimeSpan Dark = TimeSpan.FromSeconds(1);

    private StillLife? _still;

    public async Task PrepareAsync(Stage stage, CancellationToken cancelled)
    {
        await using var client = await stage.Connect(cancelled).ConfigureAwait(false);
        _still = await StillLife.CreateAsync(client, stage.Options.Seed, cancelled).ConfigureAwait(false);
        stage.Timeline.Note($"a still life is made: {_still}");
    }

    public async Task RunAsync(Stage stage, CancellationToken cancelled)
    {
        await Task.Delay(stage.Lead, cancelled).ConfigureAwait(false);
        stage.Hurt("SIGKILL to all nodes");
        await Task.WhenAll(stage.Nodes.All.Select(node => node.KillAsync())).ConfigureAwait(false);
        await Task.Delay(Dark, cancelled).ConfigureAwait(false);
        await Task.WhenAll(stage.Nodes.All.Select(node => node.StartAsync())).ConfigureAwait(false);
        stage.Timeline.Note("all nodes started again");
        await stage.Nodes.ReadyAsync(cancelled).ConfigureAwait(false);
        stage.Healed("all nodes are ready");
    }

    public async Task EndAsync(Stage stage, CancellationToken cancelled)
    {
        const string Name = "state survives";
        try
        {
            await using var client = await stage.Connect(cancelled).ConfigureAwait(false);
            var difference = await _still!.DifferenceAsync(client, cancelled)
                .WaitAsync(Stage.Patience, cancelled).ConfigureAwait(false);
            stage.Judge(Name, difference is null, difference ?? $"{_still} are as they were");
        }
        catch (Exception exception) when (exception is IpcException or TimeoutException)
        {
            // The cluster did not come back: whether the state did, nobody can tell.
            stage.Judge(Name, false, $"it could not be read: {exception.Message}");
        }
    }
}
