using Akka.Actor;
using Akka.Cluster;

namespace Cluster.Actors.Membership;

/// <summary>
/// Which journal a member writes to, announced as a role: it travels with the gossip, before any shard does.
/// </summary>
/// <remarks>
/// A member without it does not know, or is of a version that did not say: it is taken for one of us.
/// </remarks>
public static class JournalRole
{
    // No role of the operator's has a colon.
    private const string Prefix = "journal:";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The role of a node with this journal.</summary>
    /// <param name="identity">What no other journal is called.</param>
    public static string Of(string identity) => Prefix + identity;

    /// <summary>The roles that an operator gave.</summary>
    public static IEnumerable<string> Without(IEnumerable<string> roles) => roles.Where(role => !IsOne(role));

    /// <summary>Whether both are known to write to different journals.</summary>
    public static bool Differ(IEnumerable<string> some, IEnumerable<string> others) =>
        some.FirstOrDefault(IsOne) is { } one && others.FirstOrDefault(IsOne) is { } other && one != other;

    /// <summary>The oldest member of the cluster, if it has another journal than this node; null: it has not.</summary>
    /// <remarks>The oldest, because of the others any may be one that does not belong here.</remarks>
    public static async Task<Member?> StrangerAsync(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        // What the cluster itself shows of its state may lag behind.
        using var inbox = Inbox.Create(system);
        cluster.SendCurrentClusterState(inbox.Receiver);
        var state = (ClusterEvent.CurrentClusterState)await inbox.ReceiveAsync(Patience).ConfigureAwait(false);
        return state.Members.Aggregate<Member, Member?>(null, Older) is { } oldest
            && Differ(cluster.SelfRoles, oldest.Roles)
                ? oldest
                : null;
    }

    private static Member Older(Member? one, Member other) => one is null || other.IsOlderThan(one) ? other : one;

    private static bool IsOne(string role) => role.StartsWith(Prefix, StringComparison.Ordinal);
}
