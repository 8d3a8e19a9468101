using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>
/// Histories that are right by construction: clients call one sequential object, each call takes effect at one moment,
/// and its interval extends randomly around that moment. A client makes one call at a time; some have no outcome.
/// </summary>
internal sealed class Simulation(int seed, int clients, int calls, double unknown = 0)
{
    private readonly Random _random = new(seed);
    private readonly List<Operation> _operations = [];
    private long _now = 1_000;
    private ulong _revision;

    /// <summary>Sends and receives with a few selectors.</summary>
    public History Queue(params long[] selectors)
    {
        var queue = new List<(long Type, string Text)>();
        Run(call =>
        {
            call = call with { Object = "queue:0" };
            if (_random.Next(2) == 0)
            {
                var send = call with { Call = CallKind.Send, Type = _random.Next(1, 4), Text = $"{_operations.Count}" };
                return Maybe(send, () =>
                {
                    queue.Add((send.Type, send.Text!));
                    return send with { Outcome = Outcome.Ok };
                });
            }

            var selector = selectors[_random.Next(selectors.Length)];
            if (selector > 0) selector = _random.Next(1, 4);
            var receive = call with { Call = CallKind.Receive, Selector = selector, NoWait = true };
            var fitting = queue.Where(message => Fits(selector, message.Type));
            if (!fitting.Any()) return receive with { Outcome = Outcome.Refused, Errno = Errno.ENOMSG };
            var taken = selector < 0 ? fitting.MinBy(message => message.Type) : fitting.First();
            queue.Remove(taken);
            return receive with
            {
                Outcome = Outcome.Ok, Type = taken.Type, Text = taken.Text, NoWait = false, Revision = ++_revision,
            };
        });
        return new History(_operations);
    }

    /// <summary>All operations on a word, with operands that hardly ever repeat, or of three bits only.</summary>
    public History Word(bool isWide)
    {
        var word = 0ul;
        var operand = () => isWide ? (ulong)_random.NextInt64() : (ulong)_random.Next(8);
        Run(call =>
        {
            var made = call with
            {
                Object = "word:0", Call = CallKind.Load + _random.Next(7), Value = operand(),
                Expected = _random.Next(2) == 0 ? word : operand(),
            };
            return Maybe(made, () =>
            {
                var result = word;
                word = Lab.Checkers.Search.WordModel.Apply(made, word);
                return made with { Outcome = Outcome.Ok, Result = result };
            });
        });
        return new History(_operations);
    }

    /// <summary>Permits and a lock, taken and released, with refusals.</summary>
    public History Set(int permits, bool hasRevisions)
    {
        int[] values = [permits, 0];
        var held = new Dictionary<int, SemaphoreOperation[]>();
        _operations.Add(new Operation
        {
            Object = "set:0", Call = CallKind.SetValues, Values = [permits, 0], InvokedAt = 0, ReturnedAt = 1,
            Outcome = Outcome.Ok, Completions = 1,
        });
        Run(call =>
        {
            call = call with { Object = "set:0", Call = CallKind.Semop };
            if (held.Remove(call.Client, out var back))
            {
                foreach (var op in back) values[op.Number] += op.Amount;
                return Done(call with { Semops = back }, hasRevisions);
            }

            var isLock = _random.Next(2) == 0;
            SemaphoreOperation[] take =
                isLock ? [new(1, 0), new(1, 1, SemFlags.Undo)] : [new(0, -1, SemFlags.Undo)];
            if (isLock ? values[1] != 0 : values[0] == 0)
                return call with { Semops = take, NoWait = true, Outcome = Outcome.Refused, Errno = Errno.EAGAIN };
            values[take[^1].Number] += take[^1].Amount;
            held[call.Client] = [new(take[^1].Number, -take[^1].Amount, SemFlags.Undo)];
            return Done(call with { Semops = take }, hasRevisions);
        });
        return new History(_operations);
    }

    private Operation Done(Operation call, bool hasRevisions) =>
        call with { Outcome = Outcome.Ok, Revision = hasRevisions ? ++_revision : 0 };

    // Unknown: the call happened or not, and its client continues with a new number.
    private Operation Maybe(Operation call, Func<Operation> happen)
    {
        if (_random.NextDouble() >= unknown) return happen();
        if (_random.Next(2) == 0) happen();
        return call with { Outcome = Outcome.Unknown };
    }

    private void Run(Func<Operation, Operation> effect)
    {
        var free = new long[clients];
        var number = Enumerable.Range(0, clients).ToArray();
        for (var i = 0; i < calls; i++)
        {
            _now += _random.Next(1, 20);
            var client = _random.Next(clients);
            if (free[client] >= _now) continue;
            // The interval begins after the client's last call has returned.
            var invoked = Math.Max(free[client] + 1, _now - _random.Next(1, 10 * clients));
            var call = effect(new Operation { Client = number[client], InvokedAt = invoked, Completions = 1 });
            var returned = _now + _random.Next(1, 10 * clients);
            free[client] = returned;
            if (call.Outcome == Outcome.Unknown) number[client] += clients;
            _operations.Add(call with { ReturnedAt = returned });
        }
    }

    private static bool Fits(long selector, long type) =>
        selector == 0 || (selector > 0 ? type == selector : type <= -selector);
}
