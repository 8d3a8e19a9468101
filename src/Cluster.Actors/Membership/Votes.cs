namespace Cluster.Actors.Membership;

/// <summary>
/// Until when a node may take it that the others have not given it up, from what they confirmed. Pure.
/// </summary>
/// <remarks>
/// A node that is given up is first marked as down, and it is removed, and its objects go to others, only when every
/// member that is left has seen the mark. A member that has seen it confirms nothing. So whatever a majority confirmed
/// was asked before the removal, and the lease, counted from the asking, ends at most one lease time after it. The
/// others begin with its objects no earlier than that (akka.cluster.down-removal-margin).
/// A node must not vote others away by itself: one that was asleep, and finds them silent one after the other, would be
/// left as a majority of one. So whoever is given up goes on counting until enough of those that are left - half of
/// all, this node among them, for the resolver has broken the tie - have confirmed this node after that.
/// </remarks>
/// <param name="leaseMs">How long a confirmation counts, from the moment when it was asked for.</param>
/// <param name="keepsMajority">
/// Whether only a majority may give others up; otherwise those given up do not count.
/// </param>
internal sealed class Votes(long leaseMs, bool keepsMajority = true)
{
    private static readonly HashSet<int> Nobody = [];

    private readonly Dictionary<int, (long AskedMs, int Voters)> _confirmed = [];
    private readonly HashSet<int> _disputed = [];
    private readonly HashSet<int> _settled = [];
    private HashSet<int> _others = [];
    private bool _isMember;

    /// <summary>Who is there, as this node knows it.</summary>
    /// <param name="isMember">False: it knows itself that it was given up.</param>
    /// <param name="others">The uids of the other members that count.</param>
    /// <param name="left">The uids of those that left in good order; who is missing otherwise was given up.</param>
    /// <param name="nowMs">The time, by this node's clock.</param>
    public void SetMembers(bool isMember, IEnumerable<int> others, IReadOnlySet<int>? left = null, long nowMs = 0)
    {
        _isMember = isMember;
        var before = _others;
        _others = [.. others];
        foreach (var uid in before)
        {
            if (!keepsMajority || _others.Contains(uid) || _settled.Remove(uid) || (left ?? Nobody).Contains(uid))
                continue;
            _disputed.Add(uid);
            DisputedSinceMs = nowMs;
        }

        if (left is not null) _disputed.ExceptWith(left);
        foreach (var gone in _confirmed.Keys.Where(uid => !_others.Contains(uid)).ToArray()) _confirmed.Remove(gone);
        Agree();
    }

    /// <summary>
    /// It is certain of a member that it does not count: its process has ended, or the operator says so.
    /// </summary>
    public void Settle(int uid)
    {
        if (!_disputed.Remove(uid) && _others.Contains(uid)) _settled.Add(uid);
        Agree();
    }

    /// <summary>
    /// How many count, this node included: the members, and those given up that nobody has confirmed to be.
    /// </summary>
    public int Count => _others.Count + _disputed.Count + 1;

    /// <summary>Since when others are given up without enough confirmations; 0: they are not.</summary>
    public long DisputedSinceMs { get; private set; }

    /// <summary>A member takes this node for one.</summary>
    /// <param name="uid">Who.</param>
    /// <param name="askedMs">When it was asked, by this node's clock.</param>
    /// <param name="voters">How many members it knows: a node that was asleep may know of too few.</param>
    public void Confirm(int uid, long askedMs, int voters)
    {
        if (!_others.Contains(uid)) return;
        var known = _confirmed.GetValueOrDefault(uid, (long.MinValue, 0));
        if (askedMs >= known.Item1) _confirmed[uid] = (askedMs, voters);
        Agree();
    }

    /// <summary>The lease ends then; <see cref="long.MaxValue"/>: it does not end. 0: there is none.</summary>
    public long FreshUntilMs
    {
        get
        {
            if (!_isMember) return 0;
            var needed = Needed;
            if (needed == 0) return long.MaxValue;
            if (_confirmed.Count < needed) return 0;
            return _confirmed.Values.Select(each => each.AskedMs).OrderDescending().ElementAt(needed - 1) + leaseMs;
        }
    }

    // Besides this node.
    private int Needed
    {
        get
        {
            var count = Math.Max(Count, _confirmed.Values.Select(each => each.Voters).DefaultIfEmpty().Max());
            return _disputed.Count > 0 ? ((count + 1) / 2) - 1 : count / 2;
        }
    }

    private void Agree()
    {
        if (_confirmed.Values.Count(each => each.AskedMs >= DisputedSinceMs) >= Needed) _disputed.Clear();
        if (_disputed.Count == 0) DisputedSinceMs = 0;
    }
}
