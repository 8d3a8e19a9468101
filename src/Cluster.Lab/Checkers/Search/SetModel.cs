using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Checkers.Search;

/// <summary>
/// A semaphore set, at first of zeros. Of semop(2) those that were performed, and those that could not be at some time
/// of the call, because IPC_NOWAIT refused them or they timed out. SEM_UNDO is modelled for processes that ended, which
/// is where it shows: the end of each is one more call, at any time after its last sign of life, or never. (What a
/// waiter was given and is taken back because its process died is such an undo, if the call had SEM_UNDO.)
/// </summary>
internal sealed class SetModel : IModel<SetState>
{
    private const int Revisions = 0;

    private readonly IReadOnlyList<SearchCall> _calls;
    private readonly int _size;
    private readonly Dictionary<int, int> _places = [];

    private SetModel(IReadOnlyList<SearchCall> calls, int size, IEnumerable<int> ended)
    {
        (_calls, _size) = (calls, size);
        foreach (var client in ended) _places[client] = size + _places.Count * (size + 1);
        Initial = new SetState(new int[size + _places.Count * (size + 1)]);
    }

    public SetState Initial { get; }

    /// <summary>The calls on a set that say or do something, and their model.</summary>
    public static (SetModel Model, IReadOnlyList<SearchCall> Calls) Of(
        IReadOnlyList<Operation> operations, LastSigns signs, Refusals refusals)
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
            && signs.Of(call.Client) < long.MaxValue).ToLookup(call => call.Client);
        foreach (var client in touched)
        {
            var last = Math.Max(signs.Of(client.Key), client.First().InvokedAt);
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
        var isEnded = _places.TryGetValue(operation.Client, out var place);
        if (isEnded && state.Numbers[place + _size] != 0) return false;
        switch (operation.Call)
        {
            case CallKind.GetValues:
                return state.Numbers.AsSpan(0, _size).StartsWith(operation.Values!.ToArray());
            case CallKind.SetValues:
                next = SetAll(state, operation.Values!);
                return true;
            case CallKind.Exit:
                next = Undo(state, place);
                return true;
            default:
                var numbers = Perform(state.Numbers, operation, isEnded ? place : -1);
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
            foreach (var place in _places.Values) after[place + number] = 0;
        }

        return new SetState(after);
    }

    private SetState Undo(SetState state, int place)
    {
        var after = (int[])state.Numbers.Clone();
        for (var number = 0; number < _size; number++)
        {
            after[number] = Math.Clamp(after[number] + after[place + number], 0, Bounds.SemaphoreValue);
            after[place + number] = 0;
        }

        after[place + _size] = 1;
        return new SetState(after);
    }
}
