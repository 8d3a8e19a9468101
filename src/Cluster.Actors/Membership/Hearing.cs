namespace Cluster.Actors.Membership;

/// <summary>
/// Finds the nodes whose messages do not arrive although their process answers: what every node says to every other one
/// in turns is missing, time after time.
/// </summary>
/// <param name="patience">After so many turns in which a node was missing, something is done about it.</param>
internal sealed class Hearing(int patience)
{
    private readonly Dictionary<int, int> _missed = [];

    /// <summary>Something of a node has arrived.</summary>
    public void Hear(int uid) => _missed[uid] = 0;

    /// <summary>
    /// A turn has passed. True: its messages do not get through, and the way that they take has to be made anew, for
    /// which there is twice the patience. Who does not answer at all is no case of this.
    /// </summary>
    /// <param name="uid">The node.</param>
    /// <param name="answers">Its process answers, by another way than its messages take.</param>
    public bool Misses(int uid, bool answers)
    {
        if (!answers) return false;
        var missed = _missed.GetValueOrDefault(uid) + 1;
        var isDeaf = missed > patience;
        _missed[uid] = isDeaf ? -patience : missed;
        return isDeaf;
    }

    /// <summary>These are all that there are.</summary>
    public void Keep(IReadOnlySet<int> uids)
    {
        foreach (var gone in _missed.Keys.Where(uid => !uids.Contains(uid)).ToArray()) _missed.Remove(gone);
    }
}
