using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <summary>What a session has to know of calls and of their targets.</summary>
public static class CallTraits
{
    /// <summary>
    /// Whether an entity may keep something of the process after these calls, so that it has to hear of the exit. An
    /// operation that is not listed here counts as one that writes: that costs a request, and the other mistake would
    /// leave something behind for ever.
    /// </summary>
    public static bool LeavesTraces(Submit submit)
    {
        if (submit.Cancels.Count > 0) return true;
        foreach (var call in submit.Calls)
        {
            if (!OnlyReads(call)) return true;
        }

        return false;
    }

    /// <summary>Whether a client may call a target of this name.</summary>
    public static bool MayBeCalled(Target target) => target.Kind switch
    {
        Kind.Process or Kind.Allocator => false,
        Kind.Directory => IsObject((Kind)target.Id),
        _ => MachineFactory.IsKnown(target.Kind),
    };

    private static bool OnlyReads(Call call) => call.OpCase is Call.OpOneofCase.Msgstat or Call.OpOneofCase.Shmstat
        or Call.OpOneofCase.ShmRead or Call.OpOneofCase.Access or Call.OpOneofCase.List
        or Call.OpOneofCase.Resolve or Call.OpOneofCase.DirectoryStat or Call.OpOneofCase.NamespaceList
        or Call.OpOneofCase.LimitsGet or Call.OpOneofCase.Semquery or Call.OpOneofCase.Semstat
        or Call.OpOneofCase.None;

    private static bool IsObject(Kind kind) =>
        kind is < Kind.Directory and not Kind.Extent && MachineFactory.IsKnown(kind);
}
