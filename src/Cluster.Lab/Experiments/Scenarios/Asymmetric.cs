using Cluster.Lab.Checkers;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// All packets from one node to another one are lost, in this direction alone; with every fourth seed in both
/// directions. Clients, journal and the third node reach both. At most one node may end. Then the network is healed and a node that ended is started again.
/// </summary>
internal sealed class Asymmetric : IScenario
{
    private const int BothWaysEvery = 4;

    // The cluster has got around the link by then, and the fault still lasts.
    private const double ServesAfter = 0.75;

    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        var all = context.Nodes.All.ToList();
        var victim = all.IndexOf(await Victim.FindAsync(context).ConfigureAwait(false));
        var random = new Random(context.Options.Seed);
        var other = (victim + 1 + random.Next(all.Count - 1)) % all.Count;
        var (from, to) = random.Next(2) == 0 ? (victim, other) : (other, victim);
        await context.Network.CutOneWayAsync(from, to).ConfigureAwait(false);
        var isBothWays = context.Options.Seed % BothWaysEvery == 0;
        if (isBothWays) await context.Network.CutOneWayAsync(to, from).ConfigureAwait(false);
        context.FaultBegins(
            $"packets from {all[from].Name} to {all[to].Name} are lost{(isBothWays ? ", and those back" : "")}");
        await Task.Delay(context.Options.Silence * ServesAfter, cancelled).ConfigureAwait(false);
        var span = LabClock.Now;
        await Task.Delay(context.Options.Silence * (1 - ServesAfter), cancelled).ConfigureAwait(false);
        context.Check(new ServedMeanwhile(new TimeSpanNs(span, LabClock.Now)));
        await context.Network.HealAsync().ConfigureAwait(false);
        context.Healed("the network is healed");
        await Task.Delay(context.FaultDuration, cancelled).ConfigureAwait(false);
        var ended = all.Where(node => !node.IsAlive).ToList();
        var names = string.Join(", ", ended.Select(node => node.Name));
        context.Timeline.Note(ended.Count == 0 ? "no node has ended" : $"ended: {names}");
        context.Report(
            "at most one node ends", ended.Count <= 1, ended.Count == 0 ? "no node ended" : $"{names} ended");
        foreach (var node in ended) await context.RestartAsync(node, cancelled).ConfigureAwait(false);
    }
}
