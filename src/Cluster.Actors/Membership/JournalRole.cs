using Akka.Actor;
using Akka.Cluster;

namespace Cluster.Actors.Membership;

/// <summary>
/// Announces as a role of the member which journal it writes to. Roles travel with the gossip, so they arrive before
/// any shard moves.
/// </summary>
/// <remarks>
/// A member without this role does not know its journal, or is of an older version. It counts as one with the same
/// journal.
/// </remarks>
public static class JournalRole
{
    // Roles that the operator gives contain no colon.
    private const string Prefix = "journal:";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The role of a node with this journal.</summary>
    /// <param name="identity">The unique name of the journal.</param>
    public static string Of(string identity) => Prefix + identity;

    /// <summary>The roles that the operator gave.</summary>
    public static IEnumerable<string> Without(IEnumerable<string> roles) => roles.Where(role => !IsOne(role));

    /// <summary>Whether both members are known to write to different journals.</summary>
    public static bool Differ(IEnumerable<string> some, IEnumerable<string> others) =>
        some.FirstOrDefault(IsOne) is { } one && others.FirstOrDefault(IsOne) is { } other && one != other;

    /// <summary>
    /// Returns the oldest member of the cluster if it has another journal than this node, otherwise null.
    /// </summary>
    /// <remarks>
    /// Only the oldest member counts: any other member may itself be the one that does not belong here.
    /// </remarks>
    public static async Task<Member?> StrangerAsync(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        // Cluster.State may lag behind.
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
