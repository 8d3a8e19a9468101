namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Finds the nodes whose messages do not arrive although their OS process answers. Each node sends a message to each
/// other node every turn, and this counts the turns without one.
/// </summary>
/// <param name="patience">The number of turns that a node may miss.</param>
internal sealed class LastHeard(int patience)
{
    private readonly Dictionary<int, int> _missed = [];

    /// <summary>A message of a node has arrived.</summary>
    public void Hear(int uid) => _missed[uid] = 0;

    /// <summary>
    /// A turn has passed. Returns true if the messages of the node do not get through, so that the connection has to be
    /// replaced. The new connection gets twice the patience. A node that does not answer at all is never reported.
    /// </summary>
    /// <param name="uid">The uid of the node.</param>
    /// <param name="answers">Whether its OS process answers over its peer link.</param>
    public bool Misses(int uid, bool answers)
    {
        if (!answers) return false;
        var missed = _missed.GetValueOrDefault(uid) + 1;
        var isDeaf = missed > patience;
        _missed[uid] = isDeaf ? -patience : missed;
        return isDeaf;
    }

    /// <summary>Forgets all nodes but these.</summary>
    public void Keep(IReadOnlySet<int> uids)
    {
        foreach (var gone in _missed.Keys.Where(uid => !uids.Contains(uid)).ToArray()) _missed.Remove(gone);
    }
}
