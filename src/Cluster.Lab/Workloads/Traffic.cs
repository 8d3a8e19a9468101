using System.Collections.Concurrent;
using System.Text;
using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// What a client does: in one loop it sends, operates on words, takes and gives back permits and the lock; in another
/// it receives. Each loop makes one call at a time, so it waits with an object that does not answer; in a third kind of
/// loop, therefore, each object has somebody who calls it whatever the others do.
/// </summary>
internal sealed class Traffic(WorkloadOptions options, World world, Caller caller, Pace pace)
{
    private static readonly TimeSpan SendWait = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan WatchEvery = TimeSpan.FromMilliseconds(50);

    private static readonly CallKind[] WordCalls =
    [
        CallKind.Load, CallKind.Exchange, CallKind.CompareExchange, CallKind.FetchAdd, CallKind.FetchAnd,
        CallKind.FetchOr, CallKind.FetchXor, CallKind.FetchXor, CallKind.FetchAdd,
    ];

    private readonly int _objects = world.Queues.Length + world.Sets.Length + world.Words.Length;
    private readonly ulong[] _seen = new ulong[world.Words.Length];
    private long _texts;

    // 1: acknowledged and not yet received; below 0: received, and its send unknown or not yet acknowledged.
    private readonly ConcurrentDictionary<string, int> _underway = new();

    /// <summary>How many objects there are to watch.</summary>
    public int Objects => _objects;

    /// <summary>All that was acknowledged has been received.</summary>
    public bool IsAllFound => _underway.All(text => text.Value <= 0);

    /// <summary>Sends and operates until it is told to stop.</summary>
    public async Task ActAsync(Place place, int number, CancellationToken stop)
    {
        var random = new Random(unchecked(options.Seed * 1_000_003 + 2 * number));
        while (!stop.IsCancellationRequested)
        {
            await pace.TurnAsync(stop).ConfigureAwait(false);
            var seat = await place.GetAsync(stop).ConfigureAwait(false);
            var dice = random.Next(100);
            var made = dice switch
            {
                < 50 when world.Queues.Length > 0 => await SendAsync(place, seat, random).ConfigureAwait(false),
                < 75 when world.Words.Length > 0 =>
                    await WordAsync(place, seat, random, random.Next(world.Words.Length), stop).ConfigureAwait(false),
                _ when world.Sets.Length > 0 => await SemopAsync(place, seat, random, stop).ConfigureAwait(false),
                _ when world.Queues.Length > 0 => await SendAsync(place, seat, random).ConfigureAwait(false),
                _ => world.Words.Length > 0
                    && await WordAsync(place, seat, random, random.Next(world.Words.Length), stop)
                        .ConfigureAwait(false),
            };
            if (!made) return;
        }
    }

    /// <summary>Receives until it is told to stop.</summary>
    public async Task ReceiveAsync(Place place, int number, CancellationToken stop)
    {
        if (world.Queues.Length == 0) return;
        var random = new Random(unchecked(options.Seed * 1_000_003 + 2 * number + 1));
        while (!stop.IsCancellationRequested)
        {
            await pace.TurnAsync(stop).ConfigureAwait(false);
            var seat = await place.GetAsync(stop).ConfigureAwait(false);
            var index = random.Next(world.Queues.Length);
            var selector = World.IsTyped(index) ? 1 + random.Next(World.TypeCount) : 0;
            var queue = (World.Queue(index), world.Queues[index]);
            var isBlocking = random.Next(5) != 0;
            if (await TakeAsync(place, seat, queue, selector, isBlocking).ConfigureAwait(false) is null) return;
        }
    }

    /// <summary>
    /// Calls one object until it is told to stop, the next time soon after the last call was answered. These calls
    /// write, and none waits for another client: an object that does not answer them is away. A queue gets two messages
    /// and loses two in turns; the second is sent before the first is answered, and may not overtake it.
    /// </summary>
    public async Task WatchAsync(Place place, int number, CancellationToken stop)
    {
        var random = new Random(unchecked(options.Seed * 1_000_003 - 1 - number));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            await Task.Delay(WatchEvery, options.TimeProvider, stop).ConfigureAwait(false);
            await pace.TurnAsync(stop).ConfigureAwait(false);
            var seat = await place.GetAsync(stop).ConfigureAwait(false);
            if (!await WatchOnceAsync(place, seat, (number, turn), random, stop).ConfigureAwait(false)) return;
        }
    }

    /// <summary>Sends a text that nobody else sends; null: the recorder is full.</summary>
    public async Task<Operation?> PutAsync(Place place, Seat seat, (string Name, int Id) queue, long type)
    {
        var text = $"{seat.Number}-{Interlocked.Increment(ref _texts)}";
        var call = new Operation { Object = queue.Name, Call = CallKind.Send, Type = type, Text = text };
        var ended = await caller.CallAsync(place, seat, call, async recorded =>
        {
            var to = seat.Client.MessageQueues.Open(queue.Id);
            await to.SendAsync(type, Encoding.UTF8.GetBytes(text), SendWait).ConfigureAwait(false);
            recorded.Ok();
        }).ConfigureAwait(false);
        // The receiver may have been faster: then this is the second of the two.
        if (ended is { IsOk: true } && _underway.AddOrUpdate(text, 1, (_, n) => n + 1) == 0)
            _underway.TryRemove(text, out _);
        return ended;
    }

    /// <summary>Receives a message; null: the recorder is full.</summary>
    public async Task<Operation?> TakeAsync(
        Place place, Seat seat, (string Name, int Id) queue, long selector, bool isBlocking)
    {
        var call =
            new Operation { Object = queue.Name, Call = CallKind.Receive, Selector = selector, NoWait = !isBlocking };
        var ended = await caller.CallAsync(place, seat, call, async recorded =>
        {
            var from = seat.Client.MessageQueues.Open(queue.Id);
            var message = isBlocking
                ? await from.ReceiveAsync(selector, timeout: options.Wait).ConfigureAwait(false)
                : await from.TryReceiveAsync(selector).ConfigureAwait(false);
            if (message is { } taken)
                recorded.Received(taken.Type, Encoding.UTF8.GetString(taken.Text.Span), taken.Revision);
            else
                recorded.Refused(Errno.ENOMSG);
        }).ConfigureAwait(false);
        if (ended is { IsOk: true, Text: { } text }) Came(text);
        return ended;
    }

    /// <summary>A message was received.</summary>
    public void Came(string text)
    {
        if (_underway.AddOrUpdate(text, -1, (_, n) => n - 1) == 0) _underway.TryRemove(text, out _);
    }

    private async Task<bool> WatchOnceAsync(
        Place place, Seat seat, (int Number, int Turn) watched, Random random, CancellationToken stop)
    {
        var number = watched.Number;
        if (number < world.Queues.Length)
        {
            var type = 1 + random.Next(World.TypeCount);
            var queue = (World.Queue(number), world.Queues[number]);
            await pace.TurnAsync(stop).ConfigureAwait(false);
            return int.IsEvenInteger(watched.Turn)
                ? await PutTwoAsync(place, seat, queue, type).ConfigureAwait(false)
                : await TakeTwoAsync(place, seat, queue, World.IsTyped(number) ? type : 0).ConfigureAwait(false);
        }

        number -= world.Queues.Length;
        if (number >= world.Sets.Length)
            return await WordAsync(place, seat, random, number - world.Sets.Length, stop).ConfigureAwait(false);
        SemaphoreOperation take = new(0, -1, SemFlags.Undo), give = new(0, 1, SemFlags.Undo);
        var taken = await OperateAsync(place, seat, number, [take], noWait: true).ConfigureAwait(false);
        if (taken is not { IsOk: true }) return taken is not null;
        await pace.TurnAsync(CancellationToken.None).ConfigureAwait(false);
        return await OperateAsync(place, seat, number, [give], noWait: false).ConfigureAwait(false) is not null;
    }

    private async Task<bool> PutTwoAsync(Place place, Seat seat, (string Name, int Id) queue, long type)
    {
        var first = PutAsync(place, seat, queue, type);
        var second = PutAsync(place, seat, queue, type);
        return await first.ConfigureAwait(false) is not null && await second.ConfigureAwait(false) is not null;
    }

    private async Task<bool> TakeTwoAsync(Place place, Seat seat, (string Name, int Id) queue, long selector) =>
        await TakeAsync(place, seat, queue, selector, isBlocking: false).ConfigureAwait(false) is not null
        && await TakeAsync(place, seat, queue, selector, isBlocking: false).ConfigureAwait(false) is not null;

    private async Task<bool> SendAsync(Place place, Seat seat, Random random)
    {
        var index = random.Next(world.Queues.Length);
        var type = 1 + random.Next(World.TypeCount);
        return await PutAsync(place, seat, (World.Queue(index), world.Queues[index]), type)
            .ConfigureAwait(false) is not null;
    }

    private async Task<bool> WordAsync(Place place, Seat seat, Random random, int index, CancellationToken stop)
    {
        var call = new Operation
        {
            Object = World.Word(index), Call = WordCalls[random.Next(WordCalls.Length)],
            Value = (ulong)random.NextInt64(long.MinValue, long.MaxValue),
            Expected = Volatile.Read(ref _seen[index]),
        };
        var ended = await OnWordAsync(place, seat, call, world.Words[index], stop).ConfigureAwait(false);
        // What the word may still be when somebody expects it to be that.
        if (ended is { IsOk: true })
            Volatile.Write(ref _seen[index], call.Call == CallKind.Exchange ? call.Value : ended.Result);
        return ended is not null;
    }

    /// <summary>Makes an operation on a word; null: the recorder is full.</summary>
    public Task<Operation?> OnWordAsync(Place place, Seat seat, Operation call, int segment, CancellationToken stop) =>
        caller.CallAsync(place, seat, call, async recorded =>
        {
            var word = await seat.AttachAsync(segment, stop).ConfigureAwait(false);
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

    // Takes a permit or the lock, and gives it back a turn later.
    private async Task<bool> SemopAsync(Place place, Seat seat, Random random, CancellationToken stop)
    {
        var index = random.Next(world.Sets.Length);
        SemaphoreOperation[] take = random.Next(2) == 0
            ? [new(1, 0), new(1, 1, SemFlags.Undo)]
            : [new(0, -1, SemFlags.Undo)];
        var taken = await OperateAsync(place, seat, index, take, random.Next(4) == 0).ConfigureAwait(false);
        if (taken is not { IsOk: true }) return taken is not null;
        await pace.TurnAsync(CancellationToken.None).ConfigureAwait(false);
        SemaphoreOperation[] give = [new(take[^1].Number, -take[^1].Amount, SemFlags.Undo)];
        return await OperateAsync(place, seat, index, give, false).ConfigureAwait(false) is not null;
    }

    private Task<Operation?> OperateAsync(
        Place place, Seat seat, int index, SemaphoreOperation[] operations, bool noWait)
    {
        var call =
            new Operation { Object = World.Set(index), Call = CallKind.Semop, Semops = operations, NoWait = noWait };
        var isRelease = operations is [{ Amount: 1 }] or [{ Amount: -1, Number: 1 }];
        TimeSpan? wait = noWait || isRelease ? null : options.Wait;
        return caller.CallAsync(place, seat, call, async recorded =>
        {
            var set = seat.Client.SemaphoreSets.Open(world.Sets[index]);
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
