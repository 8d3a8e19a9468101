using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers.Search;

/// <summary>
/// An integer of 64 bits in shared memory, initially zero. Each operation returns the value before it.
/// </summary>
internal sealed class WordModel(IReadOnlyList<SearchCall> calls) : IModel<ulong>
{
    public ulong Initial => 0;

    /// <summary>The calls that change a word or show its value.</summary>
    public static IReadOnlyList<SearchCall> CallsOf(IEnumerable<Operation> operations) =>
    [
        .. operations
            .Where(call => call.IsOk || (call.IsOpen && call.Call != CallKind.Load))
            .Select(call => new SearchCall(call, call.InvokedAt, call.LatestAt, IsRead(call))),
    ];

    public bool TryApply(ulong state, int call, out ulong next)
    {
        var operation = calls[call].Operation;
        next = Apply(operation, state);
        return operation.IsOpen || operation.Result == state;
    }

    public string Describe(ulong state) => $"the word is {state:x}";

    /// <summary>The word after a call.</summary>
    public static ulong Apply(Operation call, ulong word) => call.Call switch
    {
        CallKind.Exchange => call.Value,
        CallKind.CompareExchange => word == call.Expected ? call.Value : word,
        CallKind.FetchAdd => unchecked(word + call.Value),
        CallKind.FetchAnd => word & call.Value,
        CallKind.FetchOr => word | call.Value,
        CallKind.FetchXor => word ^ call.Value,
        _ => word,
    };

    private static bool IsRead(Operation call) => call.IsOk && Apply(call, call.Result) == call.Result;
}
