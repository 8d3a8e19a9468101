using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// Gives out numbers, each once in the life of the cluster: pids and the numbers of namespaces. An answer that is lost
/// wastes its numbers and does no other harm.
/// </summary>
public sealed class Allocator(EntityKey key) : Machine(key)
{
    /// <summary>The largest number of numbers of one request.</summary>
    public const int CountBound = 4_096;

    // Namespace 1 is "/", and pid 1 is init elsewhere, so both sequences begin with 2.
    private long _next = 2;

    /// <summary>The allocator of the numbers of processes, or of namespaces.</summary>
    public static EntityKey KeyOf(Kind kind) => new() { Kind = Kind.Allocator, Id = (long)kind };

    protected override void Execute(Stamp stamp, Call call) => FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);

    protected override void OnRequest(Request request, ulong token)
    {
        var count = request.Allocate?.Count ?? 0;
        var last = Key.Id == (long)Kind.Process ? int.MaxValue : long.MaxValue - CountBound;
        if (count is < 1 or > CountBound)
        {
            Answer(token, request, Errno.EINVAL);
        }
        else if (_next > last - count)
        {
            Answer(token, request, Errno.ENOSPC);
        }
        else
        {
            var first = _next;
            Emit(new Event { NumbersAllocated = new NumbersAllocated { Next = first + count } });
            Answer(token, request, Errno.None, reply => reply.Allocated = new Allocated { First = first });
        }
    }

    protected override void ApplyFact(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.NumbersAllocated)
            throw UnknownFact(fact);
        _next = fact.NumbersAllocated.Next;
    }

    protected override void SaveState(Snapshot snapshot) => snapshot.Allocator = new AllocatorState { Next = _next };

    protected override void LoadState(Snapshot snapshot) => _next = snapshot.Allocator.Next;
}
