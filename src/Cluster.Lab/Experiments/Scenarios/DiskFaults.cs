using System.Globalization;
using System.Text;
using Cluster.Client;
using Cluster.Lab.Experiments.Journals;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// The disk of the journal is full, read-only, slow, and hangs, in an order that the seed chooses. Each time the nodes
/// have to say so and to go on by themselves. At the end all nodes are killed and started again, so that they read what
/// is on the disk.
/// </summary>
internal sealed class DiskFaults : IScenario
{
    private static readonly TimeSpan LeastFault = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServesWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SaysWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    // Events 130 and 131.
    private const string Lost = "the journal's database failed";
    private const string Back = "the journal's database works again";

    private readonly List<string> _slow = [];
    private readonly List<string> _mute = [];
    private double _longest;

    public async Task RunAsync(ScenarioContext context, CancellationToken cancelled)
    {
        var disk = context.Disk ?? throw new InvalidOperationException("the journal has no disk of its own");
        var duration = context.FaultDuration > LeastFault ? context.FaultDuration : LeastFault;
        // A hanging write is no failure until it has hung for long, so only failed writes have to be reported.
        Fault[] faults =
        [
            new("full", true, _ => disk.FillAsync(), () =>
            {
                disk.MakeRoom();
                return Task.CompletedTask;
            }),
            new("read-only", true, _ => disk.MakeReadOnlyAsync(), disk.MakeWritableAsync),
            new("slow", false, token => disk.BeSlowAsync(duration, token), disk.ThawAsync),
            new("away: every write hangs", false, _ => disk.FreezeAsync(), disk.ThawAsync),
        ];
        new Random(context.Options.Seed).Shuffle(faults);
        await using var client = await context.Connect(cancelled).ConfigureAwait(false);
        var queue = await client.MessageQueues.CreateAsync(cancellationToken: cancelled).ConfigureAwait(false);
        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
        foreach (var fault in faults)
            await OneAsync(context, fault, duration, queue, cancelled).ConfigureAwait(false);

        Report(context);
        await RestartAllAsync(context, cancelled).ConfigureAwait(false);
    }

    private async Task OneAsync(
        ScenarioContext context, Fault fault, TimeSpan duration, IMessageQueue queue, CancellationToken cancelled)
    {
        var begun = LabClock.Now;
        context.FaultBegins($"the disk is {fault.Name}");
        try
        {
            await fault.Begin(cancelled).ConfigureAwait(false);
            // A full disk stops a journal only when it needs more room.
            if (fault.IsSaid) await HearAsync(context, Lost, begun, cancelled).ConfigureAwait(false);
            var left = duration - TimeSpan.FromSeconds(LabClock.Seconds(begun, LabClock.Now));
            if (left > TimeSpan.Zero) await Task.Delay(left, cancelled).ConfigureAwait(false);
        }
        finally
        {
            await fault.End().ConfigureAwait(false);
        }

        context.Timeline.Note($"the disk is no longer {fault.Name}");
        await context.Journal.ReviveAsync().ConfigureAwait(false);
        var healed = LabClock.Now;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        enough.CancelAfter(ScenarioContext.Patience);
        try
        {
            await queue.SendAsync(1, Encoding.UTF8.GetBytes(fault.Name), cancellationToken: enough.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancelled.IsCancellationRequested)
        {
            // It counts as slow.
        }

        var seconds = LabClock.Seconds(healed, LabClock.Now);
        _longest = Math.Max(_longest, seconds);
        context.Healed(string.Create(CultureInfo.InvariantCulture, $"calls are answered again after {seconds:F1} s"));
        if (seconds > ServesWithin.TotalSeconds) _slow.Add(fault.Name);
        if (fault.IsSaid)
        {
            await HearAsync(context, Back, begun, cancelled).ConfigureAwait(false);
            _mute.AddRange(
                from node in context.Nodes.All
                from line in new[] { Lost, Back }
                where node.LastSaidAt(line) < begun
                select $"{node.Name} did not say \"{line}\" when the disk was {fault.Name}");
        }

        await Task.Delay(context.BeforeFault, cancelled).ConfigureAwait(false);
    }

    private static async Task HearAsync(ScenarioContext context, string line, long since, CancellationToken cancelled)
    {
        var begun = LabClock.Now;
        while (context.Nodes.All.Any(node => node.LastSaidAt(line) < since)
            && LabClock.Seconds(begun, LabClock.Now) < SaysWithin.TotalSeconds)
            await Task.Delay(Poll, cancelled).ConfigureAwait(false);
    }

    private void Report(ScenarioContext context)
    {
        var ended = context.Nodes.All.Where(node => !node.IsAlive).Select(node => node.Name).ToList();
        context.Report(
            "no node ends", ended.Count == 0,
            ended.Count == 0 ? "every node went on by itself" : $"ended: {string.Join(", ", ended)}");
        var late = _slow.Count == 0 ? "" : $"; too late after: {string.Join(", ", _slow)}";
        var longest = _longest.ToString("F1", CultureInfo.InvariantCulture);
        context.Report(
            "the nodes serve again", _slow.Count == 0,
            $"a call was answered within {longest} s after the disk worked again{late}");
        context.Report(
            "the nodes say so", _mute.Count == 0,
            _mute.Count == 0 ? "each said when the journal failed and when it worked again" : string.Join("; ", _mute));
    }

    private static async Task RestartAllAsync(ScenarioContext context, CancellationToken cancelled)
    {
        context.Timeline.Note("SIGKILL to all nodes");
        await Task.WhenAll(context.Nodes.All.Select(node => node.KillAsync())).ConfigureAwait(false);
        await Task.WhenAll(context.Nodes.All.Select(node => node.StartAsync())).ConfigureAwait(false);
        await context.Nodes.ReadyAsync(cancelled).ConfigureAwait(false);
        context.Healed("all nodes are ready");
    }

    private sealed record Fault(string Name, bool IsSaid, Func<CancellationToken, Task> Begin, Func<Task> End);
}
