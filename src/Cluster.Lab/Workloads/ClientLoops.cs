using System.Collections.Concurrent;
using System.Text;
using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// The loops of the clients. One loop sends, operates on words, and takes and releases permits and the lock. A second
/// loop receives. Each loop makes one call at a time, so one object that does not answer stops it. A third loop per
/// object therefore probes that object alone.
/// </summary>
internal sealed class ClientLoops(WorkloadOptions options, WorkloadObjects objects, Caller caller, RateLimit rate)
{
    private static readonly TimeSpan SendWait = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ProbePeriod = TimeSpan.FromMilliseconds(50);

    private static readonly CallKind[] WordCalls =
    [
        CallKind.Load, CallKind.Exchange, CallKind.CompareExchange, CallKind.FetchAdd, CallKind.FetchAnd,
        CallKind.FetchOr, CallKind.FetchXor, CallKind.FetchXor, CallKind.FetchAdd,
    ];

    private readonly int _objectCount = objects.Queues.Length + objects.Sets.Length + objects.Words.Length
        + objects.PosixQueues.Length + objects.PosixSemaphores.Length;
    private readonly ulong[] _seen = new ulong[objects.Words.Length];
    private long _texts;

    // By text. 1: acknowledged and not yet received; below 0: received, and the send is not acknowledged (yet).
    private readonly ConcurrentDictionary<string, int> _unreceived = new();

    /// <summary>The number of objects, each with a probe loop.</summary>
    public int ProbeCount => _objectCount;

    /// <summary>Whether every acknowledged message has been received.</summary>
    public bool IsAllReceived => _unreceived.All(text => text.Value <= 0);

    /// <summary>Sends and operates until it is stopped.</summary>
    public async Task OperateUntilStoppedAsync(ClientSlot slot, int number, CancellationToken stop)
    {
        var random = new Random(unchecked(options.Seed * 1_000_003 + 2 * number));
        while (!stop.IsCancellationRequested)
        {
            await rate.WaitAsync(stop).ConfigureAwait(false);
            var client = await slot.GetAsync(stop).ConfigureAwait(false);
            var choice = random.Next(100);
            var made = choice switch
            {
                < 15 when objects.PosixQueues.Length > 0 => await SendAnyAsync(
                    slot, client, PosixQueue(random.Next(objects.PosixQueues.Length)), random).ConfigureAwait(false),
                >= 75 and < 85 when objects.PosixSemaphores.Length > 0 =>
                    await PosixSemaphoreAsync(slot, client, random.Next(objects.PosixSemaphores.Length), noWait: false)
                        .ConfigureAwait(false),
                < 50 when objects.Queues.Length > 0 =>
                    await SendRandomAsync(slot, client, random).ConfigureAwait(false),
                < 75 when objects.Words.Length > 0 =>
                    await WordAsync(slot, client, random, random.Next(objects.Words.Length), stop)
                        .ConfigureAwait(false),
                _ when objects.Sets.Length > 0 => await SemopAsync(slot, client, random, stop).ConfigureAwait(false),
                _ when objects.Queues.Length > 0 => await SendRandomAsync(slot, client, random).ConfigureAwait(false),
                _ => objects.Words.Length > 0
                    && await WordAsync(slot, client, random, random.Next(objects.Words.Length), stop)
                        .ConfigureAwait(false),
            };
            if (!made) return;
        }
    }

    /// <summary>Receives until it is stopped.</summary>
    public async Task ReceiveUntilStoppedAsync(ClientSlot slot, int number, CancellationToken stop)
    {
        var queues = objects.Queues.Length + objects.PosixQueues.Length;
        if (queues == 0) return;
        var random = new Random(unchecked(options.Seed * 1_000_003 + 2 * number + 1));
        while (!stop.IsCancellationRequested)
        {
            await rate.WaitAsync(stop).ConfigureAwait(false);
            var client = await slot.GetAsync(stop).ConfigureAwait(false);
            var index = random.Next(queues);
            var selector = WorkloadObjects.IsTyped(index) ? 1 + random.Next(WorkloadObjects.TypeCount) : 0;
            var queue = index < objects.Queues.Length
                ? Queue(index)
                : PosixQueue(index - objects.Queues.Length);
            var isBlocking = random.Next(5) != 0;
            if (await ReceiveOneAsync(slot, client, queue, selector, isBlocking).ConfigureAwait(false) is null) return;
        }
    }

    /// <summary>
    /// Probes one object until it is stopped: makes the next call soon after the last one was answered. These calls
    /// write, and none waits for another client, so an object that does not answer them is unavailable. On a queue the
    /// probe alternately sends two messages and receives two. It sends the second before the first is answered, and the
    /// second must not overtake the first.
    /// </summary>
    public async Task ProbeUntilStoppedAsync(ClientSlot slot, int number, CancellationToken stop)
    {
        var random = new Random(unchecked(options.Seed * 1_000_003 - 1 - number));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            await Task.Delay(ProbePeriod, options.TimeProvider, stop).ConfigureAwait(false);
            await rate.WaitAsync(stop).ConfigureAwait(false);
            var client = await slot.GetAsync(stop).ConfigureAwait(false);
            if (!await ProbeAsync(slot, client, (number, turn), random, stop).ConfigureAwait(false)) return;
        }
    }

    /// <summary>Sends a unique text; null: the recorder is full.</summary>
    public async Task<Operation?> SendTextAsync(
        ClientSlot slot, NumberedClient client, LabQueue queue, long type)
    {
        var text = $"{client.Number}-{Interlocked.Increment(ref _texts)}";
        var call = new Operation { Object = queue.Name, Call = CallKind.Send, Type = type, Text = text };
        var ended = await caller.CallAsync(slot, client, call, async recorded =>
        {
            await queue.SendAsync(client, type, Encoding.UTF8.GetBytes(text), SendWait).ConfigureAwait(false);
            recorded.Ok();
        }).ConfigureAwait(false);
        // A receiver may have counted the text already. This removes the entry then.
        if (ended is { IsOk: true } && _unreceived.AddOrUpdate(text, 1, (_, n) => n + 1) == 0)
            _unreceived.TryRemove(text, out _);
        return ended;
    }

    /// <summary>Receives a message; null: the recorder is full.</summary>
    public async Task<Operation?> ReceiveOneAsync(
        ClientSlot slot, NumberedClient client, LabQueue queue, long selector, bool isBlocking)
    {
        var call = new Operation
        {
            Object = queue.Name, Call = CallKind.Receive, Selector = queue.SelectorOf(selector), NoWait = !isBlocking,
        };
        var ended = await caller.CallAsync(slot, client, call, async recorded =>
        {
            var message = await queue.ReceiveAsync(client, selector, isBlocking ? options.Wait : null)
                .ConfigureAwait(false);
            if (message is { } taken)
                recorded.Received(taken.Type, Encoding.UTF8.GetString(taken.Text.Span), taken.Revision);
            else
                recorded.Refused(Errno.ENOMSG);
        }).ConfigureAwait(false);
        if (ended is { IsOk: true, Text: { } text }) NoteReceived(text);
        return ended;
    }

    /// <summary>Counts a received message.</summary>
    public void NoteReceived(string text)
    {
        if (_unreceived.AddOrUpdate(text, -1, (_, n) => n - 1) == 0) _unreceived.TryRemove(text, out _);
    }

    private async Task<bool> ProbeAsync(
        ClientSlot slot, NumberedClient client, (int Number, int Turn) probe, Random random, CancellationToken stop)
    {
        var number = probe.Number;
        if (number < objects.Queues.Length)
        {
            var type = 1 + random.Next(WorkloadObjects.TypeCount);
            var queue = Queue(number);
            await rate.WaitAsync(stop).ConfigureAwait(false);
            return int.IsEvenInteger(probe.Turn)
                ? await SendTwoAsync(slot, client, queue, type).ConfigureAwait(false)
                : await ReceiveTwoAsync(slot, client, queue, WorkloadObjects.IsTyped(number) ? type : 0)
                    .ConfigureAwait(false);
        }

        number -= objects.Queues.Length;
        if (number >= objects.Sets.Length) return await ProbeFurtherAsync(slot, client, probe, random, stop).ConfigureAwait(false);
        SemaphoreOperation take = new(0, -1, SemFlags.Undo), release = new(0, 1, SemFlags.Undo);
        var taken = await OperateAsync(slot, client, number, [take], noWait: true).ConfigureAwait(false);
        if (taken is not { IsOk: true }) return taken is not null;
        await rate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        return await OperateAsync(slot, client, number, [release], noWait: false).ConfigureAwait(false) is not null;
    }

    private async Task<bool> ProbeFurtherAsync(
        ClientSlot slot, NumberedClient client, (int Number, int Turn) probe, Random random, CancellationToken stop)
    {
        var number = probe.Number - objects.Queues.Length - objects.Sets.Length;
        if (number < objects.Words.Length)
            return await WordAsync(slot, client, random, number, stop).ConfigureAwait(false);
        number -= objects.Words.Length;
        if (number >= objects.PosixQueues.Length)
        {
            return await PosixSemaphoreAsync(slot, client, number - objects.PosixQueues.Length, noWait: true)
                .ConfigureAwait(false);
        }

        var type = 1 + random.Next(WorkloadObjects.TypeCount);
        return int.IsEvenInteger(probe.Turn)
            ? await SendTwoAsync(slot, client, PosixQueue(number), type).ConfigureAwait(false)
            : await ReceiveTwoAsync(slot, client, PosixQueue(number), 0).ConfigureAwait(false);
    }

    private LabQueue Queue(int index) => LabQueue.Of(WorkloadObjects.Queue(index), objects.Queues[index]);

    private LabQueue PosixQueue(int index) =>
        LabQueue.Of(WorkloadObjects.PosixQueue(index), objects.PosixQueues[index].Name);

    private async Task<bool> SendTwoAsync(
        ClientSlot slot, NumberedClient client, LabQueue queue, long type)
    {
        var first = SendTextAsync(slot, client, queue, type);
        if (!queue.KeepsOrder(client)) return await first.ConfigureAwait(false) is not null;
        var second = SendTextAsync(slot, client, queue, type);
        return await first.ConfigureAwait(false) is not null && await second.ConfigureAwait(false) is not null;
    }

    private async Task<bool> ReceiveTwoAsync(
        ClientSlot slot, NumberedClient client, LabQueue queue, long selector) =>
        await ReceiveOneAsync(slot, client, queue, selector, isBlocking: false).ConfigureAwait(false) is not null
        && await ReceiveOneAsync(slot, client, queue, selector, isBlocking: false).ConfigureAwait(false) is not null;

    private async Task<bool> SendRandomAsync(ClientSlot slot, NumberedClient client, Random random)
    {
        var index = random.Next(objects.Queues.Length);
        return await SendAnyAsync(slot, client, Queue(index), random).ConfigureAwait(false);
    }

    private async Task<bool> SendAnyAsync(ClientSlot slot, NumberedClient client, LabQueue queue, Random random) =>
        await SendTextAsync(slot, client, queue, 1 + random.Next(WorkloadObjects.TypeCount)).ConfigureAwait(false)
            is not null;

    // Takes a permit, and releases it with the next call.
    private async Task<bool> PosixSemaphoreAsync(ClientSlot slot, NumberedClient client, int index, bool noWait)
    {
        var call = new Operation
        {
            Object = WorkloadObjects.PosixSemaphore(index), Call = CallKind.Semop, NoWait = noWait,
            Semops = [new(0, -1, SemFlags.Undo)],
        };
        SemaphorePermit? permit = null;
        var taken = await caller.CallAsync(slot, client, call, async recorded =>
        {
            var semaphore = await client.OpenSemaphoreAsync(objects.PosixSemaphores[index].Name).ConfigureAwait(false);
            try
            {
                permit = await semaphore
                    .AcquireAsync(releaseOnDeath: true, noWait ? TimeSpan.Zero : options.Wait).ConfigureAwait(false);
                recorded.Ok(permit.Revision);
            }
            catch (IpcTimeoutException)
            {
                recorded.Refused(Errno.EAGAIN); // as semop(2) has it
            }
        }).ConfigureAwait(false);
        if (permit is null) return taken is not null;
        await rate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        var release = call with { NoWait = false, Semops = [new(0, 1, SemFlags.Undo)] };
        return await caller.CallAsync(slot, client, release, async recorded =>
        {
            await permit.DisposeAsync().ConfigureAwait(false);
            recorded.Ok();
        }).ConfigureAwait(false) is not null;
    }

    private async Task<bool> WordAsync(
        ClientSlot slot, NumberedClient client, Random random, int index, CancellationToken stop)
    {
        var call = new Operation
        {
            Object = WorkloadObjects.Word(index), Call = WordCalls[random.Next(WordCalls.Length)],
            Value = (ulong)random.NextInt64(long.MinValue, long.MaxValue),
            Expected = Volatile.Read(ref _seen[index]),
        };
        var ended = await OnWordAsync(slot, client, call, objects.Words[index], stop).ConfigureAwait(false);
        // A value that the word may still have when a later compare-exchange expects it.
        if (ended is { IsOk: true })
            Volatile.Write(ref _seen[index], call.Call == CallKind.Exchange ? call.Value : ended.Result);
        return ended is not null;
    }

    /// <summary>Makes an operation on a word; null: the recorder is full.</summary>
    public Task<Operation?> OnWordAsync(
        ClientSlot slot, NumberedClient client, Operation call, int segment, CancellationToken stop) =>
        caller.CallAsync(slot, client, call, async recorded =>
        {
            var word = await client.AttachAsync(segment, stop).ConfigureAwait(false);
            recorded.Returned(await (call.Call switch
            {
                CallKind.Load => word.LoadAsync<ulong>(0),
                CallKind.Exchange => word.ExchangeAsync(0, call.Value),
                CallKind.CompareExchange => word.CompareExchangeAsync(0, call.Value, call.Expected),
                CallKind.FetchAdd => word.FetchAddAsync(0, call.Value),
                CallKind.FetchAnd => word.FetchAndAsync(0, call.Value),
                CallKind.FetchOr => word.FetchOrAsync(0, call.Value),
                _ => word.FetchXorAsync(0, call.Value),
            }).ConfigureAwait(false));
        });

    // Takes a permit or the lock, and releases it with the next call.
    private async Task<bool> SemopAsync(ClientSlot slot, NumberedClient client, Random random, CancellationToken stop)
    {
        var index = random.Next(objects.Sets.Length);
        SemaphoreOperation[] take = random.Next(2) == 0
            ? [new(1, 0), new(1, 1, SemFlags.Undo)]
            : [new(0, -1, SemFlags.Undo)];
        var taken = await OperateAsync(slot, client, index, take, random.Next(4) == 0).ConfigureAwait(false);
        if (taken is not { IsOk: true }) return taken is not null;
        await rate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        SemaphoreOperation[] release = [new(take[^1].Number, -take[^1].Amount, SemFlags.Undo)];
        return await OperateAsync(slot, client, index, release, false).ConfigureAwait(false) is not null;
    }

    private Task<Operation?> OperateAsync(
        ClientSlot slot, NumberedClient client, int index, SemaphoreOperation[] operations, bool noWait)
    {
        var call = new Operation
        {
            Object = WorkloadObjects.Set(index), Call = CallKind.Semop, Semops = operations, NoWait = noWait,
        };
        var isRelease = operations is [{ Amount: 1 }] or [{ Amount: -1, Number: 1 }];
        TimeSpan? wait = noWait || isRelease ? null : options.Wait;
        return caller.CallAsync(slot, client, call, async recorded =>
        {
            var set = client.Ipc.SemaphoreSets.Open(objects.Sets[index]);
            var revision = isRelease
                ? await set.OperateAsync(operations).ConfigureAwait(false)
                : wait is { } patience
                    ? await set.TryOperateAsync(operations, patience).ConfigureAwait(false)
                    : await set.TryOperateAsync(operations).ConfigureAwait(false);
            if (revision is { } at) recorded.Ok(at);
            else recorded.Refused(Errno.EAGAIN);
        });
    }
}
