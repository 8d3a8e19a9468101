namespace Cluster.Core.Namespaces;

/// <summary>
/// The nodes that hold the limits of one namespace for their sessions, each by a lease that it renews. There is one for
/// each node, and one for each node that has ended until its lease runs out.
/// </summary>
internal sealed class LimitsHolders
{
    private readonly SortedDictionary<ulong, Lease> _leases = [];

    /// <summary>Their numbers, in ascending order.</summary>
    public IEnumerable<ulong> Numbers => _leases.Keys;

    /// <summary>How many there are.</summary>
    public int Count => _leases.Count;

    /// <summary>When the first lease runs out, in ms; MaxValue: there is none.</summary>
    public long NextEndMs => _leases.Count == 0 ? long.MaxValue : _leases.Values.Min(lease => lease.UntilMs);

    /// <summary>The numbers of those whose lease has run out.</summary>
    public IEnumerable<ulong> Ended(long nowMs) =>
        _leases.Where(pair => pair.Value.UntilMs <= nowMs).Select(pair => pair.Key);

    /// <summary>The tokens of those that may use older limits than these.</summary>
    public IEnumerable<ulong> Behind(ulong revision) =>
        _leases.Values.Where(lease => lease.Revision < revision && lease.Token != 0).Select(lease => lease.Token);

    /// <summary>Whether all use these limits, or newer ones.</summary>
    public bool Have(ulong revision)
    {
        foreach (var lease in _leases.Values)
        {
            if (lease.Revision < revision) return false;
        }

        return true;
    }

    /// <summary>Whether the number is one of them.</summary>
    public bool Contains(ulong number) => _leases.ContainsKey(number);

    /// <summary>The token of its latest subscription; 0: it has not subscribed in this life of the namespace.</summary>
    public ulong TokenOf(ulong number) => _leases.TryGetValue(number, out var lease) ? lease.Token : 0;

    /// <summary>The number of the one whose latest subscription came with the token; 0: there is none.</summary>
    public ulong WithToken(ulong token) => _leases.FirstOrDefault(pair => pair.Value.Token == token).Key;

    /// <summary>Adds one that may use any limits, until its lease is set.</summary>
    public void Add(ulong number) => _leases.TryAdd(number, new Lease(0, 0, long.MaxValue));

    /// <summary>Sets the end of all leases: nothing is known of them.</summary>
    public void SetAll(long untilMs)
    {
        foreach (var number in _leases.Keys.ToArray()) _leases[number] = _leases[number] with { UntilMs = untilMs };
    }

    /// <summary>Renews a lease. A late copy of an earlier request makes no revision older.</summary>
    /// <param name="number">Whose.</param>
    /// <param name="token">Of this subscription.</param>
    /// <param name="revision">The holder uses these limits, and none older.</param>
    /// <param name="untilMs">When the lease runs out, in ms.</param>
    public void Renew(ulong number, ulong token, ulong revision, long untilMs)
    {
        var known = _leases[number];
        _leases[number] = new Lease(token, Math.Max(known.Revision, revision), untilMs);
    }

    /// <summary>Removes one.</summary>
    public void Remove(ulong number) => _leases.Remove(number);

    /// <summary>Removes all.</summary>
    public void Clear() => _leases.Clear();

    private readonly record struct Lease(ulong Token, ulong Revision, long UntilMs);
}
