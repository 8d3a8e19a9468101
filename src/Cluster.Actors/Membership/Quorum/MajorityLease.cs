namespace Cluster.Actors.Membership.Quorum;

/// <summary>
/// Computes, from the peers' confirmations, until when this node may assume that no majority has declared it dead.
/// Pure.
/// </summary>
/// <remarks>
/// A dead node is first marked as down. It is removed, and its objects go to other nodes, only after every remaining
/// member has seen the mark. A member that has seen the mark confirms nothing. So every counted confirmation was asked
/// for before the removal. The lease starts with the question, so it ends at most one lease time after the removal. The
/// others start the objects no earlier than that (akka.cluster.down-removal-margin).
/// A node must not shrink its own majority. A node that was asleep may find the others silent one after the other, and
/// would remain as a majority of one. So a member that this node declares dead still counts (it is disputed) until half
/// of all nodes, this node included, have confirmed this node after that. Half is enough because the resolver has
/// already broken the tie.
/// </remarks>
/// <param name="leaseMs">How long a confirmation counts, in ms from the moment of its question.</param>
/// <param name="keepsMajority">
/// Whether only a majority may declare other nodes dead. Otherwise nodes that are declared dead stop counting at once.
/// </param>
internal sealed class MajorityLease(long leaseMs, bool keepsMajority = true)
{
    private static readonly HashSet<int> None = [];

    private readonly Dictionary<int, (long AskedMs, int Voters)> _confirmed = [];
    private readonly HashSet<int> _disputed = [];
    private readonly HashSet<int> _excluded = [];
    private HashSet<int> _others = [];
    private bool _isMember;

    /// <summary>Sets the members, as this node knows them.</summary>
    /// <param name="isMember">Whether this node is a member; false: it knows that it was declared dead.</param>
    /// <param name="others">The uids of the other members that count.</param>
    /// <param name="left">
    /// The uids of the members that left in an orderly way. Any other missing member was declared dead.
    /// </param>
    /// <param name="nowMs">The time, by this node's clock, in ms.</param>
    public void SetMembers(bool isMember, IEnumerable<int> others, IReadOnlySet<int>? left = null, long nowMs = 0)
    {
        _isMember = isMember;
        var before = _others;
        _others = [.. others];
        foreach (var uid in before)
        {
            if (!keepsMajority || _others.Contains(uid) || _excluded.Remove(uid) || (left ?? None).Contains(uid))
                continue;
            _disputed.Add(uid);
            DisputedSinceMs = nowMs;
        }

        if (left is not null) _disputed.ExceptWith(left);
        foreach (var gone in _confirmed.Keys.Where(uid => !_others.Contains(uid)).ToArray()) _confirmed.Remove(gone);
        EndDispute();
    }

    /// <summary>
    /// Stops counting a member, without confirmations: its OS process has exited, or the operator has downed it.
    /// </summary>
    public void Exclude(int uid)
    {
        if (!_disputed.Remove(uid) && _others.Contains(uid)) _excluded.Add(uid);
        EndDispute();
    }

    /// <summary>The number of nodes that count: this node, the other members, and the disputed ones.</summary>
    public int Count => _others.Count + _disputed.Count + 1;

    /// <summary>Since when there are disputed members, by this node's clock, in ms; 0: there are none.</summary>
    public long DisputedSinceMs { get; private set; }

    /// <summary>A member has confirmed that this node is a member.</summary>
    /// <param name="uid">The uid of the member.</param>
    /// <param name="askedMs">When this node asked, by its own clock, in ms.</param>
    /// <param name="voters">How many members the answerer counts. A node that was asleep may know too few.</param>
    public void Confirm(int uid, long askedMs, int voters)
    {
        if (!_others.Contains(uid)) return;
        var known = _confirmed.GetValueOrDefault(uid, (long.MinValue, 0));
        if (askedMs >= known.Item1) _confirmed[uid] = (askedMs, voters);
        EndDispute();
    }

    /// <summary>
    /// The end of the lease, in ms; <see cref="long.MaxValue"/>: it never ends; 0: there is no lease.
    /// </summary>
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

    // The confirmations that a majority takes, besides this node itself.
    private int Needed
    {
        get
        {
            var count = Math.Max(Count, _confirmed.Values.Select(each => each.Voters).DefaultIfEmpty().Max());
            return _disputed.Count > 0 ? ((count + 1) / 2) - 1 : count / 2;
        }
    }

    private void EndDispute()
    {
        if (_confirmed.Values.Count(each => each.AskedMs >= DisputedSinceMs) >= Needed) _disputed.Clear();
        if (_disputed.Count == 0) DisputedSinceMs = 0;
    }
}
