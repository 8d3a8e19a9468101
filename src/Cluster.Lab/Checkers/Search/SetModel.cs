using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers.Search;

/// <summary>
/// A semaphore set, initially zeros. The model contains each semop(2) that was performed, and each that was impossible
/// at some time during the call: IPC_NOWAIT refused it, or it timed out. SEM_UNDO is modelled for processes that ended:
/// the exit of each is one more call, which happens at any time after the process was last known alive, or never. (This
/// covers a waiter that was served and whose process ended before it got the result, if the call had SEM_UNDO.)
/// </summary>
internal sealed class SetModel : IModel<SetState>
{
    private const int Revisions = 0;

    private readonly IReadOnlyList<SearchCall> _calls;
    private readonly int _size;
    private readonly Dictionary<int, int> _adjustments = [];

    private SetModel(IReadOnlyList<SearchCall> calls, int size, IEnumerable<int> ended)
    {
        (_calls, _size) = (calls, size);
        foreach (var client in ended) _adjustments[client] = size + _adjustments.Count * (size + 1);
        Initial = new SetState(new int[size + _adjustments.Count * (size + 1)]);
    }

    public SetState Initial { get; }

    /// <summary>The calls that change a set or show its values, and their model.</summary>
    public static (SetModel Model, IReadOnlyList<SearchCall> Calls) Of(
        IReadOnlyList<Operation> operations, LastKnownAlive lastAlive, Refusals refusals)
    {
        var calls = new List<SearchCall>();
        foreach (var call in operations)
        {
            var isRefusal = refusals.FoundNothing(call);
            if (call.Outcome == Outcome.Refused && !isRefusal) continue;
            if (call.IsOpen && call.Call == CallKind.GetValues) continue;
            var group = call.Revision > 0 ? Revisions : -1;
            var isRead = isRefusal || call.Call == CallKind.GetValues;
            calls.Add(new SearchCall(call, call.InvokedAt, call.LatestAt, isRead, group, call.Revision));
        }

        var touched = operations.Where(call => call.Call == CallKind.Semop && call.Outcome != Outcome.Refused
            && lastAlive.Of(call.Client) < long.MaxValue).ToLookup(call => call.Client);
        foreach (var client in touched)
        {
            var last = Math.Max(lastAlive.Of(client.Key), client.First().InvokedAt);
            var exit = new Operation { Client = client.Key, Call = CallKind.Exit, InvokedAt = last };
            calls.Add(new SearchCall(exit, last, long.MaxValue));
        }

        var size = operations.Select(Size).DefaultIfEmpty(0).Max();
        return (new SetModel(calls, size, touched.Select(client => client.Key)), calls);
    }

    public bool TryApply(SetState state, int call, out SetState next)
    {
        var operation = _calls[call].Operation;
        next = state;
        var isEnded = _adjustments.TryGetValue(operation.Client, out var offset);
        if (isEnded && state.Numbers[offset + _size] != 0) return false;
        switch (operation.Call)
        {
            case CallKind.GetValues:
                return state.Numbers.AsSpan(0, _size).StartsWith(operation.Values!.ToArray());
            case CallKind.SetValues:
                next = SetAll(state, operation.Values!);
                return true;
            case CallKind.Exit:
                next = Undo(state, offset);
                return true;
            default:
                var numbers = Perform(state.Numbers, operation, isEnded ? offset : -1);
                if (operation.Outcome == Outcome.Refused) return numbers is null;
                next = numbers is null ? state : new SetState(numbers);
                return numbers is not null;
        }
    }

    public string Describe(SetState state) => $"the values are {string.Join(' ', state.Numbers.Take(_size))}";

    private static int Size(Operation call) => Math.Max(
        call.Values?.Count ?? 0, call.Semops is { Count: > 0 } ops ? ops.Max(op => op.Number) + 1 : 0);

    private static int[]? Perform(int[] numbers, Operation operation, int adjustments)
    {
        var after = (int[])numbers.Clone();
        foreach (var (number, amount, flags) in operation.Semops!)
        {
            if (amount == 0 && after[number] != 0) return null;
            after[number] += amount;
            if (after[number] is < 0 or > Bounds.SemaphoreValue) return null;
            if (adjustments >= 0 && (flags & SemFlags.Undo) != 0) after[adjustments + number] -= amount;
        }

        return after;
    }

    private SetState SetAll(SetState state, IReadOnlyList<int> values)
    {
        var after = (int[])state.Numbers.Clone();
        for (var number = 0; number < _size; number++)
        {
            after[number] = number < values.Count ? values[number] : 0;
            foreach (var offset in _adjustments.Values) after[offset + number] = 0;
        }

        return new SetState(after);
    }

    private SetState Undo(SetState state, int offset)
    {
        var after = (int[])state.Numbers.Clone();
        for (var number = 0; number < _size; number++)
        {
            after[number] = Math.Clamp(after[number] + after[offset + number], 0, Bounds.SemaphoreValue);
            after[offset + number] = 0;
        }

        after[offset + _size] = 1;
        return new SetState(after);
    }
}
