namespace Cluster.Actors.Membership;

/// <summary>
/// Until when a node may take it that the others have not given it up, from what they confirmed. Pure.
/// </summary>
/// <remarks>
/// A node that is given up is first marked as down, and it is removed, and its objects go to others, only when every
/// member that is left has seen the mark. A member that has seen it confirms nothing. So whatever a majority confirmed
/// was asked before the removal, and the lease, counted from the asking, ends at most one lease time after it. The
/// others begin with its objects no earlier than that (akka.cluster.down-removal-margin).
/// </remarks>
/// <param name="leaseMs">How long a confirmation counts, from the moment when it was asked for.</param>
internal sealed class Votes(long leaseMs)
{
    private readonly Dictionary<int, (long AskedMs, int Voters)> _confirmed = [];
    private HashSet<int> _others = [];
    private bool _isMember;

    /// <summary>Who is there, as this node knows it.</summary>
    /// <param name="isMember">False: it knows itself that it was given up.</param>
    /// <param name="others">The uids of the other members that count.</param>
    public void SetMembers(bool isMember, IEnumerable<int> others)
    {
        _isMember = isMember;
        _others = [.. others];
        foreach (var gone in _confirmed.Keys.Where(uid => !_others.Contains(uid)).ToArray()) _confirmed.Remove(gone);
    }

    /// <summary>A member takes this node for one.</summary>
    /// <param name="uid">Who.</param>
    /// <param name="askedMs">When it was asked, by this node's clock.</param>
    /// <param name="voters">How many members it knows: a node that was asleep may know of too few.</param>
    public void Confirm(int uid, long askedMs, int voters)
    {
        if (!_others.Contains(uid)) return;
        var known = _confirmed.GetValueOrDefault(uid, (long.MinValue, 0));
        if (askedMs >= known.Item1) _confirmed[uid] = (askedMs, voters);
    }

    /// <summary>The lease ends then; <see cref="long.MaxValue"/>: it does not end. 0: there is none.</summary>
    public long FreshUntilMs
    {
        get
        {
            if (!_isMember) return 0;
            var count = Math.Max(_others.Count + 1, _confirmed.Values.Select(each => each.Voters).DefaultIfEmpty().Max());
            var needed = count / 2; // besides this node
            if (needed == 0) return long.MaxValue;
            if (_confirmed.Count < needed) return 0;
            return _confirmed.Values.Select(each => each.AskedMs).OrderDescending().ElementAt(needed - 1) + leaseMs;
        }
    }
}
