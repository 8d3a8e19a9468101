using System.Diagnostics.CodeAnalysis;
using Cluster.Core.Machines;

namespace Cluster.Core.Shells;

/// <summary>Which session each process that has called an entity has now.</summary>
/// <remarks>
/// The session with the highest route counts, not the one that spoke last: a late message over an abandoned stream can
/// arrive after the first message over the next stream. A struct, because each idle entity would keep an object more:
/// for fields that are neither readonly nor copied.
/// </remarks>
/// <typeparam name="TRef">The address of a session.</typeparam>
internal struct SessionTable<TRef>
    where TRef : notnull
{
    private FewMap<int, (TRef Session, ulong Route)> _byPid;
    private FewMap<TRef, Pids> _pids;

    /// <summary>Every process and its session.</summary>
    public readonly IEnumerable<(int Pid, TRef Session)> All =>
        _byPid.Entries.Select(pair => (pair.Key, pair.Value.Session));

    /// <summary>Every session that has called and is not gone.</summary>
    public readonly IEnumerable<TRef> Sessions => _pids.Keys;

    /// <summary>The session to send the results of a process to.</summary>
    public readonly bool TryGet(int pid, [MaybeNullWhen(false)] out TRef session)
    {
        var isKnown = _byPid.TryGetValue(pid, out var known);
        session = known.Session;
        return isKnown;
    }

    /// <summary>
    /// A process has called through a session. True: the session is new here and has to be watched.
    /// </summary>
    public bool Set(int pid, TRef session, ulong route)
    {
        if (_byPid.TryGetValue(pid, out var old))
        {
            if (route < old.Route) return false;
            if (old.Session.Equals(session))
            {
                if (route > old.Route) _byPid[pid] = (session, route);
                return false;
            }

            if (_pids.TryGetValue(old.Session, out var others)) others.Remove(pid);
        }

        _byPid[pid] = (session, route);
        if (_pids.TryGetValue(session, out var pids))
        {
            pids.Add(pid);
            return false;
        }

        pids = new Pids();
        pids.Add(pid);
        _pids.TryAdd(session, pids);
        return true;
    }

    /// <summary>Drops a session that is gone; returns the processes that have no session now.</summary>
    public IEnumerable<int> Remove(TRef session)
    {
        if (!_pids.Remove(session, out var pids)) return [];
        foreach (var pid in pids.All) _byPid.Remove(pid);
        return pids.All;
    }

    private sealed class Pids
    {
        private FewMap<int, bool> _all;

        public IEnumerable<int> All => _all.Keys;

        public void Add(int pid) => _all.TryAdd(pid, true);

        public void Remove(int pid) => _all.Remove(pid);
    }
}
