using Cluster.Core.Machines;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <summary>
/// The waiting calls. A single operation stands in the line of its semaphore and is found by what it needs. Arrays may
/// wait for several semaphores and stand in lines of their own.
/// </summary>
internal sealed class OperationLines
{
    private FewMap<int, TicketTree> _takers; // by semaphore; keyed by the decrement
    private FewMap<int, TicketTree> _zeros;  // by semaphore; calls that wait for zero
    private SortedDictionary<ulong, Operation>? _arrays;
    private SortedDictionary<ulong, Operation>? _zeroArrays;

    /// <summary>Arrays that change values, in the order of their waiting.</summary>
    public IReadOnlyCollection<Operation> Arrays => InOrder(_arrays);

    /// <summary>Arrays that only wait for zeros, in the order of their waiting.</summary>
    public IReadOnlyCollection<Operation> ZeroArrays => InOrder(_zeroArrays);

    /// <summary>Whether no call stands in line.</summary>
    public bool IsEmpty => _takers.Count == 0 && _zeros.Count == 0 && Arrays.Count == 0 && ZeroArrays.Count == 0;

    /// <summary>Adds a call at the place of its ticket.</summary>
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

    /// <summary>Removes a call, if it stands in line.</summary>
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

    /// <summary>Removes all calls.</summary>
    public void Clear()
    {
        _takers.Clear();
        _zeros.Clear();
        _arrays = _zeroArrays = null;
    }

    /// <summary>The first call that decreases a semaphore by at most its value; null: there is none.</summary>
    public Operation? FirstTaker(int num, int value) =>
        _takers.TryGetValue(num, out var tree) ? (Operation?)tree.FirstAtMost(value) : null;

    /// <summary>The first call that waits for a semaphore to be zero; null: there is none.</summary>
    public Operation? FirstForZero(int num) =>
        _zeros.TryGetValue(num, out var tree) ? (Operation?)tree.FirstAtMost(0) : null;

    /// <summary>
    /// The earlier of two calls that change values, while arrays wait and all calls stand in one line. When the first
    /// array came, the waiting calls were put into that line semaphore by semaphore, the highest number first
    /// (merge_queues of ipc/sem.c). Later calls stand behind them.
    /// </summary>
    /// <param name="one">A call; null: none.</param>
    /// <param name="other">A call; null: none.</param>
    /// <param name="mergeTicket">The ticket of the array that came while no other array waited.</param>
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
