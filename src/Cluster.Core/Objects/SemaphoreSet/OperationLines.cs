using Cluster.Core.Machines;

namespace Cluster.Core.Objects.SemaphoreSet;

/// <summary>
/// The operations that wait. A single one stands at its semaphore, found by what it needs; arrays stand in lines of
/// their own, since they may wait for several.
/// </summary>
internal sealed class OperationLines
{
    private FewMap<int, TicketTree> _takers; // by number; keyed by how much is to be taken
    private FewMap<int, TicketTree> _zeros;  // by number; wait for zero
    private SortedDictionary<ulong, Operation>? _arrays;
    private SortedDictionary<ulong, Operation>? _zeroArrays;

    /// <summary>Arrays that would change values, in the order of their waiting.</summary>
    public IReadOnlyCollection<Operation> Arrays => InOrder(_arrays);

    /// <summary>Arrays that only wait for zeros, in the order of their waiting.</summary>
    public IReadOnlyCollection<Operation> ZeroArrays => InOrder(_zeroArrays);

    /// <summary>Whether nobody stands in line.</summary>
    public bool IsEmpty => _takers.Count == 0 && _zeros.Count == 0 && Arrays.Count == 0 && ZeroArrays.Count == 0;

    /// <summary>Puts an operation in, at the place its ticket gives it.</summary>
    public void Add(Operation operation)
    {
        operation.IsInLine = true;
        if (operation.IsArray)
        {
            (operation.Alters ? _arrays ??= [] : _zeroArrays ??= []).Add(operation.Ticket, operation);
            return;
        }

        var op = operation.Ops[0];
        ref var trees = ref operation.Alters ? ref _takers : ref _zeros;
        if (!trees.TryGetValue((int)op.Num, out var tree)) trees.TryAdd((int)op.Num, tree = new TicketTree());
        tree.Add(operation, -op.Op);
    }

    /// <summary>Takes an operation out, if it stands in line.</summary>
    public void Remove(Operation operation)
    {
        if (!operation.IsInLine) return;
        operation.IsInLine = false;
        if (operation.IsArray)
        {
            (operation.Alters ? _arrays : _zeroArrays)?.Remove(operation.Ticket);
            return;
        }

        var num = (int)operation.Ops[0].Num;
        ref var trees = ref operation.Alters ? ref _takers : ref _zeros;
        if (!trees.TryGetValue(num, out var tree)) return;
        tree.Remove(operation);
        if (tree.Count == 0) trees.Remove(num);
    }

    /// <summary>Takes all out; the operations are not needed any more.</summary>
    public void Clear()
    {
        _takers.Clear();
        _zeros.Clear();
        _arrays = _zeroArrays = null;
    }

    /// <summary>The first that waits to take from a semaphore not more than it has; null if there is none.</summary>
    public Operation? FirstTaker(int num, int value) =>
        _takers.TryGetValue(num, out var tree) ? (Operation?)tree.FirstAtMost(value) : null;

    /// <summary>The first that waits for the semaphore to be zero; null if there is none.</summary>
    public Operation? FirstForZero(int num) =>
        _zeros.TryGetValue(num, out var tree) ? (Operation?)tree.FirstAtMost(0) : null;

    /// <summary>
    /// The earlier of two that would change values, while arrays wait: then all stand in one line. When the first array
    /// came, those that waited were put into it semaphore by semaphore, the highest number first (merge_queues of
    /// ipc/sem.c); whoever came later stands behind.
    /// </summary>
    /// <param name="one">Null stands for nobody.</param>
    /// <param name="other">Null stands for nobody.</param>
    /// <param name="mergeTicket">The ticket of the array that found none waiting.</param>
    public static Operation? Earlier(Operation? one, Operation? other, ulong mergeTicket)
    {
        if (one is null || other is null) return one ?? other;
        if (one.Ticket < mergeTicket && other.Ticket < mergeTicket && one.Ops[0].Num != other.Ops[0].Num)
            return one.Ops[0].Num > other.Ops[0].Num ? one : other;
        return one.Ticket < other.Ticket ? one : other;
    }

    private static IReadOnlyCollection<Operation> InOrder(SortedDictionary<ulong, Operation>? arrays) =>
        arrays is null ? [] : arrays.Values;
}
