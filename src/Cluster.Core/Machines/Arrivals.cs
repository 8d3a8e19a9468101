using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// Keeps the calls of each process in the order in which the process made them, also when frames are lost. Each frame
/// names the last call before it that has no result yet. An entity that has not had that call takes nothing of the
/// frame. The process then sends all calls without a result again, in order.
/// </summary>
/// <remarks>
/// The highest seq of a process is enough: every earlier call without a result was taken before it. A struct, because a
/// node has many entities. Use it as a field that is not readonly.
/// </remarks>
public struct Arrivals
{
    private FewMap<int, ulong> _highest;

    /// <summary>Takes all calls of a submit; false, and none are taken, if an earlier call is missing.</summary>
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

    /// <summary>Removes a process whose session is lost. The next session starts again.</summary>
    public void Remove(int pid) => _highest.Remove(pid, out _);
}
