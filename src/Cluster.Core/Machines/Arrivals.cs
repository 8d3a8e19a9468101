using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// Keeps the calls of each process in the order in which it made them, whatever was lost on the way. A process names
/// the call before, of those that have no result yet; an entity that has not had that one takes nothing that was made
/// after it. The process then sends all of them again, in order, beginning with one that has none before it.
/// </summary>
/// <remarks>
/// The highest seq of a process is enough: what it had made before that, and has no result of, was taken before that.
/// A struct: for fields that are neither readonly nor copied.
/// </remarks>
public struct Arrivals
{
    private FewMap<int, ulong> _highest;

    /// <summary>Takes the calls, or none of them: one is missing that was made before them.</summary>
    public bool TryTake(Submit submit)
    {
        if (submit.Calls.Count == 0) return true;
        var pid = submit.Stamp.Pid;
        var isKnown = _highest.TryGetValue(pid, out var highest);
        if (submit.After > highest) return false;
        var last = submit.Calls[^1].Seq;
        if (!isKnown || last > highest) _highest[pid] = last;
        return true;
    }

    /// <summary>The process's session is gone: over another one it begins anew.</summary>
    public void Forget(int pid) => _highest.Remove(pid, out _);
}
