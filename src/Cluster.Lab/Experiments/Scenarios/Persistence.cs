using Cluster.Client;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// SIGKILL to all nodes at once. Queues, sets and words that no client calls must have exactly the same contents before
/// and after.
/// </summary>
internal sealed class Persistence : IScenario
{
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);

    private FixedObjects? _fixed;

    public async Task PrepareAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await using var client = await context.Connect(cancelled).ConfigureAwait(false);
        _fixed = await FixedObjects.CreateAsync(client, context.Options.Seed, cancelled).ConfigureAwait(false);
        context.Timeline.Note($"objects that no client calls are made: {_fixed}");
    }

    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        context.FaultBegins("SIGKILL to all nodes");
        await Task.WhenAll(context.Nodes.All.Select(node => node.KillAsync())).ConfigureAwait(false);
        await Task.Delay(RestartDelay, cancelled).ConfigureAwait(false);
        await Task.WhenAll(context.Nodes.All.Select(node => node.StartAsync())).ConfigureAwait(false);
        context.Timeline.Note("all nodes started again");
        await context.Nodes.ReadyAsync(cancelled).ConfigureAwait(false);
        context.Healed("all nodes are ready");
    }

    public async Task EndAsync(ScenarioContext context, CancellationToken cancelled)
    {
        const string Name = "state survives";
        try
        {
            await using var client = await context.Connect(cancelled).ConfigureAwait(false);
            var difference = await _fixed!.DifferenceAsync(client, cancelled)
                .WaitAsync(ScenarioContext.Patience, cancelled).ConfigureAwait(false);
            context.Report(Name, difference is null, difference ?? $"{_fixed} are as they were");
        }
        catch (Exception exception) when (exception is IpcException or TimeoutException)
        {
            // The cluster did not come back, so the state cannot be compared.
            context.Report(Name, false, $"it could not be read: {exception.Message}");
        }
    }
}
