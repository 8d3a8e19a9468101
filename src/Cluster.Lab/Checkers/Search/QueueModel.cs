using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers.Search;

/// <summary>
/// A message queue with receives of any selector. 0 takes the oldest message, a positive selector the oldest of that
/// type, a negative one the oldest of the lowest type up to its absolute value. If no receive asks for type 0, no call
/// can see the order between types, so the state does not contain it.
/// </summary>
internal sealed class QueueModel : IModel<QueueState>
{
    private const int Receives = 0;

    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<long> _types = [];
    private readonly List<SearchCall> _calls = [];
    private bool _anyAsked;

    private QueueModel()
    {
    }

    public QueueState Initial { get; } = new([]);

    /// <summary>The calls that change a queue or show its state, and their model.</summary>
    public static (QueueModel Model, IReadOnlyList<SearchCall> Calls) Of(QueueCalls queue)
    {
        var model =
            new QueueModel { _anyAsked = queue.Calls.Any(call => call is { Call: CallKind.Receive, Selector: 0 }) };
        var groups = new Dictionary<long, int>();
        foreach (var message in queue.Messages)
        {
            model._numbers[message.Send.Text!] = model._types.Count;
            model._types.Add(message.Type);
            // Messages of one type are received in the order in which they were sent.
            if (!groups.TryGetValue(message.Type, out var group))
                groups[message.Type] = group = Receives + 1 + groups.Count;
            var rank = message.Receive?.Revision ?? ulong.MaxValue;
            model._calls.Add(new SearchCall(
                message.Send, message.PutFrom, message.PutBy, false, rank > 0 ? group : -1, rank));
            if (message.Receive is { } receive)
            {
                var order = receive.Revision > 0 ? Receives : -1;
                model._calls.Add(new SearchCall(
                    receive, message.TakenFrom, message.TakenBy, false, order, receive.Revision));
            }
        }

        foreach (var empty in queue.Empties)
            model._calls.Add(new SearchCall(empty, empty.InvokedAt, empty.LatestAt, true));
        return (model, model._calls);
    }

    public bool TryApply(QueueState state, int call, out QueueState next)
    {
        var operation = _calls[call].Operation;
        next = state;
        if (operation.Call == CallKind.Send)
        {
            next = Put(state, _numbers[operation.Text!]);
            return true;
        }

        var first = First(state, operation.Selector);
        if (operation.Outcome == Outcome.Refused) return first < 0;
        if (first < 0 || state.Messages[first] != _numbers[operation.Text!]) return false;
        next = new QueueState([.. state.Messages[..first], .. state.Messages[(first + 1)..]]);
        return true;
    }

    public string Describe(QueueState state) => $"{state.Messages.Length} messages are in the queue";

    private QueueState Put(QueueState state, int message)
    {
        var index = state.Messages.Length;
        if (!_anyAsked)
            while (index > 0 && _types[state.Messages[index - 1]] > _types[message]) index--;
        return new QueueState([.. state.Messages[..index], message, .. state.Messages[index..]]);
    }

    private int First(QueueState state, long selector)
    {
        var best = -1;
        for (var i = 0; i < state.Messages.Length; i++)
        {
            var type = _types[state.Messages[i]];
            if (!QueueCalls.Selects(selector, type)) continue;
            if (selector >= 0) return i;
            if (best < 0 || type < _types[state.Messages[best]]) best = i;
        }

        return best;
    }
}
