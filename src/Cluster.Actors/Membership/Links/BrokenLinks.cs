namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Decides which member has to go when two members do not hear each other while this node hears both. Pure.
/// </summary>
/// <remarks>
/// Each member tells all others, once a turn, which members it does not hear. One lost direction of a link is enough
/// that both of its ends do not hear each other, because an answer takes the other direction. Akka's resolver would end
/// both ends. One is enough.
/// The rules:
/// - Both ends reported in the last turns. A stopped node reports nothing, so the resolver decides about it.
/// - The link stays broken for some turns, and no other link became broken meanwhile.
/// - The end with more broken links goes. Of two equal ends the younger goes.
/// - More than half of all members reported lately and stay.
/// - The oldest member without a broken link decides, so that two members do not decide differently.
/// </remarks>
/// <param name="patience">For how many turns a link has to be broken.</param>
internal sealed class BrokenLinks(int patience)
{
    // A report that is one turn late counts: the turns of two nodes are not in step.
    private const int FreshTurns = 2;

    private readonly Dictionary<int, Report> _reports = [];
    private readonly Dictionary<(int, int), int> _turns = [];

    /// <summary>A member, or this node itself, has reported the members that it does not hear.</summary>
    public void Hear(int uid, IReadOnlyCollection<int> unheard) => _reports[uid] = new Report([.. unheard]);

    /// <summary>This node did nothing for a while: what it heard before says nothing about now.</summary>
    public void Clear()
    {
        _reports.Clear();
        _turns.Clear();
    }

    /// <summary>A turn has passed. Returns the members that this node has to mark as down.</summary>
    /// <param name="self">The uid of this node.</param>
    /// <param name="byAge">The uids of all members that count, this node among them, the oldest first.</param>
    public IReadOnlyList<BrokenLink> Turn(int self, IReadOnlyList<int> byAge)
    {
        foreach (var gone in _reports.Keys.Except(byAge).ToArray()) _reports.Remove(gone);
        foreach (var report in _reports.Values) report.Age++;
        var fresh = byAge.Where(uid => _reports.TryGetValue(uid, out var report) && report.Age <= FreshTurns).ToArray();
        var broken = Broken(fresh);
        foreach (var mended in _turns.Keys.Except(broken).ToArray()) _turns.Remove(mended);
        foreach (var link in broken) _turns[link] = _turns.GetValueOrDefault(link) + 1;
        if (broken.Count == 0 || _turns.Values.Any(turns => turns < patience)) return [];
        var decides = fresh.FirstOrDefault(uid => !broken.Exists(link => link.Older == uid || link.Younger == uid));
        if (decides != self || !fresh.Contains(self)) return [];
        var going = Choose(byAge, broken);
        return 2 * (fresh.Length - going.Count) > byAge.Count ? going : [];
    }

    // A node that this node does not hear is no witness and no end, so every link between two fresh nodes counts.
    private List<(int Older, int Younger)> Broken(int[] fresh)
    {
        var links = new List<(int, int)>();
        for (var older = 0; older < fresh.Length; older++)
        {
            for (var younger = older + 1; younger < fresh.Length; younger++)
            {
                if (Misses(fresh[older], fresh[younger]) || Misses(fresh[younger], fresh[older]))
                    links.Add((fresh[older], fresh[younger]));
            }
        }

        return links;
    }

    private bool Misses(int uid, int other) => _reports[uid].Unheard.Contains(other);

    private static List<BrokenLink> Choose(IReadOnlyList<int> byAge, List<(int Older, int Younger)> links)
    {
        var going = new List<BrokenLink>();
        var left = links.ToList();
        while (left.Count > 0)
        {
            var goes = byAge.Reverse()
                .MaxBy(uid => left.Count(link => link.Older == uid || link.Younger == uid));
            var first = left.First(link => link.Older == goes || link.Younger == goes);
            going.Add(new BrokenLink(goes, first.Older == goes ? first.Younger : first.Older));
            left.RemoveAll(link => link.Older == goes || link.Younger == goes);
        }

        return going;
    }

    private sealed class Report(HashSet<int> unheard)
    {
        public IReadOnlySet<int> Unheard => unheard;

        public int Age { get; set; }
    }
}
