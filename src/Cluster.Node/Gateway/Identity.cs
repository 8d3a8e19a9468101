using Cluster.Security.Policies;

namespace Cluster.Node.Gateway;

/// <summary>Who a caller is.</summary>
/// <param name="Name">The name of the identity.</param>
/// <param name="Shown">How the node knows: "certificate", "token", "unix socket", or "nothing" if callers are trusted.</param>
/// <param name="Uid">The user; null: the one that it states.</param>
/// <param name="Gid">The group.</param>
/// <param name="Groups">Supplementary groups.</param>
/// <param name="IsRoot">It may state any user and group, as root may with setuid(2).</param>
/// <param name="Rules">What the policy says of it; null: there is no policy, or it says nothing.</param>
internal sealed record Identity(
    string Name, string Shown, uint? Uid, uint Gid, IReadOnlyList<uint> Groups, bool IsRoot, PolicyIdentity? Rules);
