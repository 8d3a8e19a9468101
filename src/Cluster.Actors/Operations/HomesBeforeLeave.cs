using Akka;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Routing;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>
/// A node with the coordinator that leaves, and has handed its shards over, has the others ask for the homes of all
/// shards, and leaves when all have one.
/// </summary>
/// <remarks>
/// The next coordinator answers only after a second or two: it takes over when this node is on its way out, reads its
/// journal, and waits half a second for regions that are no more. What a region knows it needs not ask for; but the
/// hand-off of this node's shards has made it forget theirs, and it would ask with the first call for each. Each new
/// home is a write of the coordinator, so a busy machine needs its time for all of them.
/// </remarks>
internal static class HomesBeforeLeave
{
    /// <summary>The phase of the coordinated shutdown (hocon/node.conf): after the shards, before the leave.</summary>
    private const string Phase = "shard-homes";

    /// <summary>Shorter than the phase's own: then the rest is asked for when it is needed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Shards that are called have been asked for at once, and are to have their homes first.</summary>
    private static readonly TimeSpan CalledFirst = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>For the answers of the coordinator that are on their way when the last home has been found.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>Has this node do so when it leaves.</summary>
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
            // It leaves all the same.
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
