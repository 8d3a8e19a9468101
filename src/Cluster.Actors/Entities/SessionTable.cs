using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Cluster.Core.Machines;

namespace Cluster.Actors.Entities;

/// <summary>Which session each process that has called an entity has now.</summary>
/// <remarks>
/// Not the one that spoke last: what a process sent over a stream that it has given up can come after what it sent over
/// the next. The process numbers its routes; the highest counts, until its session is gone.
/// </remarks>
internal sealed class SessionTable
{
    private FewMap<int, (IActorRef Session, ulong Route)> _byPid;
    private FewMap<IActorRef, Pids> _pids;

    /// <summary>Every process and its session.</summary>
    public IEnumerable<(int Pid, IActorRef Session)> All =>
        _byPid.Entries.Select(pair => (pair.Key, pair.Value.Session));

    /// <summary>Every session that has called and is not gone.</summary>
    public IEnumerable<IActorRef> Sessions => _pids.Keys;

    /// <summary>The session to send a process's results to.</summary>
    public bool TryGet(int pid, [NotNullWhen(true)] out IActorRef? session)
    {
        session = _byPid.TryGetValue(pid, out var known) ? known.Session : null;
        return session is not null;
    }

    /// <summary>
    /// A process has called through a session. True if the session is new here, and has to be watched.
    /// </summary>
    public bool Set(int pid, IActorRef session, ulong route)
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
    public IEnumerable<int> Remove(IActorRef session)
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
