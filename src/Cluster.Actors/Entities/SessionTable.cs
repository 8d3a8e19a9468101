using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace Cluster.Actors.Entities;

/// <summary>Which session each process that has called an entity has now.</summary>
internal sealed class SessionTable
{
    private readonly Dictionary<int, IActorRef> _byPid = [];
    private readonly Dictionary<IActorRef, HashSet<int>> _pids = [];

    /// <summary>Every process and its session.</summary>
    public IEnumerable<KeyValuePair<int, IActorRef>> All => _byPid;

    /// <summary>The session to send a process's results to.</summary>
    public bool TryGet(int pid, [NotNullWhen(true)] out IActorRef? session) => _byPid.TryGetValue(pid, out session);

    /// <summary>The newest session of a process counts. True if the session is new here, and has to be watched.</summary>
    public bool Set(int pid, IActorRef session)
    {
        if (_byPid.TryGetValue(pid, out var old))
        {
            if (old.Equals(session)) return false;
            _pids[old].Remove(pid);
        }

        _byPid[pid] = session;
        if (_pids.TryGetValue(session, out var pids))
        {
            pids.Add(pid);
            return false;
        }

        _pids.Add(session, [pid]);
        return true;
    }

    /// <summary>Drops a session that is gone; returns the processes that have no session now.</summary>
    public IReadOnlyCollection<int> Remove(IActorRef session)
    {
        if (!_pids.Remove(session, out var pids)) return [];
        foreach (var pid in pids) _byPid.Remove(pid);
        return pids;
    }
}
