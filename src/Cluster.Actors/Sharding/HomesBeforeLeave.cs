using Akka.Actor;
using Akka.Cluster;
using Cluster.Protocol;

namespace Cluster.Actors.Sharding;

/// <summary>
/// When the node with the coordinator leaves, this node's region asks for the homes of all shards while there still is
/// somebody to answer.
/// </summary>
/// <remarks>
/// The next coordinator answers only after a second or two: it takes over when the node is on its way out, reads its
/// journal, and waits half a second for regions that are no more. What a region knows it needs not ask for; but the
/// hand-off of the leaver's shards has made it forget theirs, and it would ask with the first call for each.
/// </remarks>
internal sealed class HomesBeforeLeave(IActorRef region, int shards, Func<Member, bool> hadCoordinator) : UntypedActor
{
    /// <summary>How to make one.</summary>
    /// <param name="region">The region.</param>
    /// <param name="shards">How many shards it knows the homes of.</param>
    /// <param name="hadCoordinator">Whether the coordinator is on a node; null: the oldest has it.</param>
    public static Props Props(IActorRef region, int shards, Func<Member, bool>? hadCoordinator = null) =>
        Akka.Actor.Props.Create(() => new HomesBeforeLeave(region, shards, hadCoordinator ?? IsOldest));

    /// <inheritdoc/>
    protected override void PreStart() =>
        Akka.Cluster.Cluster.Get(Context.System).Subscribe(Self, typeof(ClusterEvent.MemberLeft));

    /// <inheritdoc/>
    protected override void PostStop() => Akka.Cluster.Cluster.Get(Context.System).Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        // It has handed its shards over before it says that it leaves.
        if (message is not ClusterEvent.MemberLeft left || !hadCoordinator(left.Member)) return;
        foreach (var place in ShardPlace.InEach(shards)) region.Tell(new Request { To = place });
    }

    private static bool IsOldest(Member member) => Akka.Cluster.Cluster.Get(Context.System) is var cluster
        && member.UniqueAddress != cluster.SelfUniqueAddress
        && cluster.State.Members.All(other => other.Equals(member) || member.IsOlderThan(other));
}
