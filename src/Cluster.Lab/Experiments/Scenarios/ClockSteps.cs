using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// The wall clocks step and drift: first of one node, then of all. In between the node is killed and started again with
/// its clock as it is.
/// </summary>
internal sealed class ClockSteps : IScenario
{
    private const double Fast = 1.05;

    // A step is a name and the time by which the clock is set forward.
    private static readonly (string Name, TimeSpan By)[] Steps =
    [
        ("-10 min", TimeSpan.FromMinutes(-10)), ("-1 h", TimeSpan.FromHours(-1)), ("+1 h", TimeSpan.FromHours(1)),
        ("+30 days", TimeSpan.FromDays(30)),
    ];

    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        var clocks = context.Clocks ?? throw new InvalidOperationException("the nodes have no clocks of their own");
        await using var holders = new SilentHolders(context);
        await holders.PrepareAsync(cancelled).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var holding = holders.RunAsync(stop.Token);
        try
        {
            await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
            await StepAllAsync(context, clocks, cancelled).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            await holding.WaitAsync(ScenarioContext.Patience, cancelled).ConfigureAwait(false);
            context.Report(LeasesInTime.Check(holders.Ends, context.Failovers));
        }
        catch (TimeoutException)
        {
            context.Report(LeasesInTime.Check([new LeaseEnd(0, LabClock.Now, null)], []));
        }
    }

    private static async Task StepAllAsync(ScenarioContext context, FakeClocks clocks, CancellationToken cancelled)
    {
        var victim = await Victim.ChooseAsync(context).ConfigureAwait(false);
        var one = context.Nodes.All.ToList().IndexOf(victim);
        int[] all = [.. Enumerable.Range(0, context.Nodes.All.Count)];
        var steps = Steps.ToArray();
        new Random(context.Options.Seed).Shuffle(steps);
        for (var i = 0; i < steps.Length; i++)
        {
            await SetAsync(victim.Name, steps[i].Name, [one], node => clocks.Step(node, steps[i].By))
                .ConfigureAwait(false);
            if (i == 1) await KillAsync(context, victim, cancelled).ConfigureAwait(false);
        }

        foreach (var step in steps)
            await SetAsync("all", step.Name, all, node => clocks.Step(node, step.By)).ConfigureAwait(false);
        await SetAsync(victim.Name, $"rate x{Fast}", [one], node => clocks.Drift(node, Fast)).ConfigureAwait(false);
        await SetAsync("all", $"rate x{Fast}", all, node => clocks.Drift(node, Fast)).ConfigureAwait(false);
        context.Healed("the clocks stay as they are");

        async Task SetAsync(string whose, string what, int[] nodes, Action<int> set)
        {
            context.FaultBegins($"wall clock of {whose}: {what}");
            foreach (var node in nodes) set(node);
            await Task.Delay(context.FaultDuration, cancelled).ConfigureAwait(false);
        }
    }

    private static async Task KillAsync(ScenarioContext context, LabNode victim, CancellationToken cancelled)
    {
        var from = context.Timeline.Note($"SIGKILL to {victim.Name}");
        await victim.KillAsync().ConfigureAwait(false);
        await Task.Delay(context.FaultDuration, cancelled).ConfigureAwait(false);
        await context.RestartAsync(victim, cancelled).ConfigureAwait(false);
        await Task.Delay(context.FaultDuration, cancelled).ConfigureAwait(false);
        // Objects move to the node that is back, and calls on them wait meanwhile.
        context.AddFailover(from, LabClock.Now);
    }
}
