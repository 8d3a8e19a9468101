using Cluster.Lab.Checkers.Search;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Each call on an object happened at one moment between its invocation and its return, and did what the man page says.
/// A call whose client lost its process happened at some moment after its invocation, or never. Objects are
/// independent, so each is checked alone (Herlihy and Wing's locality). A word of shared memory is an object of its
/// own.
/// <para>
/// Queues: if all receives ask for type 0, the queue is one first-in-first-out queue. If all receives ask for a
/// positive type, it is one such queue for each type, because no receive sees another type. (A send that IPC_NOWAIT
/// refused does see the other types; it is not checked.) <see cref="FifoOrder"/> decides both in O(n log n). With
/// negative or mixed selectors each type is checked alone first, because a receive always takes the oldest message of a
/// type. Then a search looks for an order of all calls.
/// </para>
/// <para>
/// Sets and words: <see cref="OrderSearch{TState}"/>. The search takes revisions as the order in which calls happened.
/// A check before it shows that they agree with real time.
/// </para>
/// </summary>
public sealed class Linearizability(LinearizabilityOptions? options = null) : IChecker
{
    private readonly LinearizabilityOptions _options = options ?? new LinearizabilityOptions();

    public string Name => "linearizability";

    public Verdict Check(History history)
    {
        var (lastAlive, refusals) = (new LastKnownAlive(history), new Refusals(history));
        var count = 0;
        string? unclear = null;
        var queues = QueueCalls.Of(history).ToDictionary(queue => queue.Name);
        foreach (var (name, calls) in history.ByObject())
        {
            if (calls[0].Call is CallKind.StreamWrite or CallKind.StreamRead) continue; // StreamBytes checks them
            try
            {
                if (Of(name, calls, queues, lastAlive, refusals, ref unclear) is { } finding)
                    return Verdict.Broken(Name, finding);
            }
            catch (BudgetException)
            {
                unclear ??= $"{name}: no answer within {Steps(calls.Count)} steps";
            }

            count += calls.Count;
        }

        return unclear is null ? Verdict.Held(Name, $"{count} calls have an order") : Verdict.Unclear(Name, unclear);
    }

    private Finding? Of(
        string name,
        IReadOnlyList<Operation> calls,
        Dictionary<string, QueueCalls> queues,
        LastKnownAlive lastAlive,
        Refusals refusals,
        ref string? unclear)
    {
        if (Backwards(calls) is { } backwards) return backwards;
        if (queues.TryGetValue(name, out var queue)) return OfQueue(queue, ref unclear);
        if (calls[0].Call is CallKind.Semop or CallKind.SetValues or CallKind.GetValues)
        {
            var (model, all) = SetModel.Of(calls, lastAlive, refusals);
            return new OrderSearch<SetState>(model, all, Steps(calls.Count)).Find();
        }

        var words = WordModel.CallsOf(calls);
        return new OrderSearch<ulong>(new WordModel(words), words, Steps(calls.Count)).Find();
    }

    private long Steps(int calls) => Math.Max(_options.Steps, _options.StepsPerCall * calls);

    private Finding? OfQueue(QueueCalls queue, ref string? unclear)
    {
        if (queue.Impossible is { } impossible) return impossible;
        var hiding = new HidingReceives(queue, _options.Grace);
        var selectors = queue.Calls.Where(call => call.Call == CallKind.Receive)
            .Select(call => Math.Sign(call.Selector)).ToHashSet();
        if (selectors.SetEquals([0])) return FifoOrder.Find(queue.Messages, queue.Empties, hiding);
        foreach (var type in queue.Messages.GroupBy(message => message.Type))
        {
            var empties = queue.Empties.Where(empty => QueueCalls.Selects(empty.Selector, type.Key)).ToList();
            if (FifoOrder.Find([.. type], empties, hiding) is { } finding) return finding;
        }

        if (selectors.SetEquals([1]) || selectors.Count == 0) return null;
        if (!hiding.IsEmpty && selectors.SetEquals([-1])) return PriorityOrder.Find(queue.Messages, hiding);
        if (!hiding.IsEmpty)
        {
            unclear ??= $"{queue.Name}: in order for each type; what dead or absent receivers hid is not searched for";
            return null;
        }

        var (model, calls) = QueueModel.Of(queue);
        return new OrderSearch<QueueState>(model, calls, Steps(queue.Calls.Count)).Find();
    }

    // A call that was made after another one returned has a higher revision.
    private static Finding? Backwards(IReadOnlyList<Operation> calls)
    {
        Operation? highest = null;
        var returned = new Queue<Operation>(
            calls.Where(call => call is { IsOk: true, Revision: > 0 }).OrderBy(call => call.ReturnedAt));
        foreach (var call in calls.Where(call => call is { IsOk: true, Revision: > 0 }))
        {
            while (returned.TryPeek(out var next) && next.ReturnedAt < call.InvokedAt)
            {
                returned.Dequeue();
                if (highest is null || next.Revision > highest.Revision) highest = next;
            }

            if (highest is not null && call.Revision <= highest.Revision)
                return new Finding("a later result has no higher revision", highest, call);
        }

        return null;
    }
}
