using Akka;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Routing;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>
/// When the node with the shard coordinator leaves, it first hands over its shards. Then it has the other nodes ask for
/// the homes of all shards, and leaves once every shard has one.
/// </summary>
/// <remarks>
/// The next coordinator answers only after a second or two. It starts while this node leaves, reads its journal, and
/// then it waits 0.5 s for regions that no longer exist. A region asks only for shards whose home it does not know. The
/// hand-off of this node's shards made the regions forget these homes, so without this class the first call to each
/// shard would wait for the next coordinator. Each new home is a write of the coordinator, so a busy machine needs time
/// for all of them.
/// </remarks>
public static class HomesBeforeLeave
{
    /// <summary>The phase of the coordinated shutdown (hocon/node.conf): after the shards, before the leave.</summary>
    private const string Phase = "shard-homes";

    /// <summary>Shorter than the time-out of the phase. After it, calls ask for the remaining homes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>A region asks at once for a shard that is called. These shards get their homes first.</summary>
    private static readonly TimeSpan CalledFirst = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>For answers of the coordinator that are still under way when the last home is known.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Adds the task to the coordinated shutdown of this node. Its operations must have been started.
    /// </summary>
    public static void AddTo(ActorSystem system) =>
        CoordinatedShutdown.Get(system).AddTask(Phase, "homes-of-shards", () => LetOthersKnowAsync(system));

    private static async Task<Done> LetOthersKnowAsync(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var others = cluster.State.Members
            .Where(member => member.Status == MemberStatus.Up && member.UniqueAddress != cluster.SelfUniqueAddress)
            .ToArray();
        if (others.Length == 0 || others.Any(other => other.IsOlderThan(cluster.SelfMember))) return Done.Instance;
        var nodes = others.Select(other =>
            system.ActorSelection(new RootActorPath(other.Address) / "user" / OperationsActor.Name)).ToArray();
        await Task.Delay(CalledFirst).ConfigureAwait(false);
        foreach (var node in nodes) node.Tell(new HomesWanted());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (!await HaveAllAsync(nodes, patience.Token).ConfigureAwait(false))
                await Task.Delay(Pause, patience.Token).ConfigureAwait(false);
            await Task.Delay(Settling, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is up: leave all the same.
        }

        return Done.Instance;
    }

    private static async Task<bool> HaveAllAsync(ActorSelection[] nodes, CancellationToken cancelled)
    {
        var figures = await Task.WhenAll(nodes.Select(node => FiguresAsync(node, cancelled))).ConfigureAwait(false);
        return figures.Sum(node => node?.Objects?.Shards ?? 0) >= Regions.ObjectShards
            && figures.Sum(node => node?.Processes?.Shards ?? 0) >= Regions.ProcessShards;
    }

    private static async Task<NodeFigures?> FiguresAsync(ActorSelection node, CancellationToken cancelled)
    {
        try
        {
            return await node.Ask<NodeFigures>(new NodeFiguresRead(), Patience, cancelled).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
