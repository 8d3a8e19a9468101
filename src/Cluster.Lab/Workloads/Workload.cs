using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Clients that call durable queues, sets and words, and the history of their calls.
/// <code>
/// await using var workload = new Workload(options, token => ConnectAsync(token));
/// await workload.PrepareAsync();          // objects, clients, the parked callers
/// var run = workload.RunAsync();          // for options.Duration; inject the faults meanwhile
/// await run;                              // heal the cluster first
/// await workload.DrainAsync();
/// var verdicts = CheckerSuite.Check(workload.History);
/// </code>
/// A client that loses its process is replaced by a new one with a new number. Calls wait while the cluster is
/// unavailable, so a run may take longer than its duration, by up to <see cref="WorkloadOptions.Patience"/>.
/// </summary>
public sealed class Workload : IAsyncDisposable
{
    private readonly WorkloadOptions _options;
    private readonly Recorder _recorder;
    private readonly Clients _clients;
    private readonly Caller _caller;
    private readonly ClientSlot _own;
    private readonly List<ClientSlot> _slots = [];
    private readonly List<ClientSlot> _probeSlots = [];
    private readonly List<ClientSlot> _streamSlots = []; // a writer and a reader for each stream
    private WorkloadObjects? _objects;
    private ClientLoops? _loops;
    private Streams? _streams;
    private ParkedCallers? _parkedCallers;
    private TimedCallers? _timedCallers;

    /// <param name="options">The number and kind of calls.</param>
    /// <param name="connect">Connects a client, always as the same user. The workload tries again after an
    /// <see cref="IpcConnectException"/>, and disposes of the client. The client must not have
    /// <see cref="IpcClientOptions.NewProcessWhenLost"/>.</param>
    public Workload(WorkloadOptions options, Func<CancellationToken, Task<IIpcClient>> connect)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(connect);
        _options = options;
        _recorder = new Recorder(options.TimeProvider, options.Capacity);
        _clients = new Clients(connect, options.TimeProvider);
        _caller = new Caller(_recorder, _clients.ProcessLost);
        _own = _clients.AddSlot();
    }

    /// <summary>The calls so far; complete after the drain.</summary>
    public History History => _recorder.Snapshot();

    /// <summary>The number of calls that ended so far.</summary>
    public int Ended => _caller.Ended;

    /// <summary>The number of clients that lost their process and were replaced.</summary>
    public int LostClients => _clients.Lost;

    /// <summary>Whether the recorder is full. The clients make no more calls then.</summary>
    public bool IsFull => _recorder.IsFull;

    /// <summary>The targets of the calls, by their names in the history; empty before it is prepared.</summary>
    internal IEnumerable<(string Name, Target Target)> Objects => _objects?.All ?? [];

    /// <summary>The segments of the words.</summary>
    internal IEnumerable<(string Name, Target Target)> Segments => _objects?.Segments ?? [];

    /// <summary>The time now on the history's clock, ns.</summary>
    public long Now => _recorder.Now();

    /// <summary>Creates the objects, connects the clients, and parks the parked callers one after another.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken = default)
    {
        var client = await _own.GetAsync(cancellationToken).ConfigureAwait(false);
        _objects = await WorkloadObjects.CreateAsync(client.Ipc, _options, cancellationToken).ConfigureAwait(false);
        var rate = new RateLimit(_options.CallsPerSecond, _options.TimeProvider);
        _loops = new ClientLoops(_options, _objects, _caller, rate);
        _streams = new Streams(_options, _objects, _caller, rate);
        for (var i = 0; i < _objects.Sets.Length; i++)
        {
            var set = client.Ipc.SemaphoreSets.Open(_objects.Sets[i]);
            int[] values = [_options.Permits, 0];
            var call = new Operation { Object = WorkloadObjects.Set(i), Call = CallKind.SetValues, Values = values };
            await _caller.CallAsync(_own, client, call, async recorded =>
            {
                await set.SetAllAsync(values, cancellationToken).ConfigureAwait(false);
                recorded.Ok();
            }).ConfigureAwait(false);
        }

        for (var i = 0; i < _objects.PosixSemaphores.Length; i++)
        {
            int[] values = [_options.Permits]; // it was made with this value
            var call = new Operation
            {
                Object = WorkloadObjects.PosixSemaphore(i), Call = CallKind.SetValues, Values = values,
            };
            await _caller.CallAsync(_own, client, call, recorded =>
            {
                recorded.Ok();
                return ValueTask.CompletedTask;
            }).ConfigureAwait(false);
        }

        await AddSlotsAsync(_slots, _options.Clients, cancellationToken).ConfigureAwait(false);
        await AddSlotsAsync(_probeSlots, Math.Min(_options.Clients, _loops.ProbeCount), cancellationToken)
            .ConfigureAwait(false);
        await AddSlotsAsync(_streamSlots, 2 * _streams.Count, cancellationToken).ConfigureAwait(false);
        _parkedCallers = new ParkedCallers(_options, _objects, _caller, _clients, _loops);
        if (_options.Timed)
        {
            _timedCallers = new TimedCallers(_caller, _clients);
            await _timedCallers.PrepareAsync(client.Ipc, cancellationToken).ConfigureAwait(false);
        }

        if (_options.Parked > 0) await _parkedCallers.ParkAsync(client.Ipc, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes calls for the duration, or until it is cancelled. Then waits for the calls that are under way.
    /// </summary>
    /// <exception cref="TimeoutException">Calls are unanswered after <see cref="WorkloadOptions.Patience"/>: the
    /// cluster does not work. <see cref="DrainAsync"/> may still be called.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        var loops = _loops ?? throw new InvalidOperationException("prepare first");
        var streams = _streams!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var all = Task.WhenAll(_slots.SelectMany((slot, index) => new[]
        {
            UntilStoppedAsync(token => loops.OperateUntilStoppedAsync(slot, index, token), stop.Token),
            UntilStoppedAsync(token => loops.ReceiveUntilStoppedAsync(slot, index, token), stop.Token),
        }).Concat(Enumerable.Range(0, loops.ProbeCount).Select(probe => UntilStoppedAsync(
            token => loops.ProbeUntilStoppedAsync(_probeSlots[probe % _probeSlots.Count], probe, token),
            stop.Token))).Concat(Enumerable.Range(0, streams.Count).SelectMany(stream => new[]
        {
            UntilStoppedAsync(token => streams.WriteUntilStoppedAsync(_streamSlots[2 * stream], stream, token), stop.Token),
            UntilStoppedAsync(
                token => streams.ReadUntilStoppedAsync(_streamSlots[(2 * stream) + 1], stream, token), stop.Token),
        })).Concat((_timedCallers?.Loops ?? []).Select(loop => UntilStoppedAsync(loop, stop.Token))));
        await Task.WhenAny(all, Task.Delay(_options.Duration, _options.TimeProvider, cancellationToken))
            .ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await all.WaitAsync(_options.Patience, _options.TimeProvider, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Serves the parked callers, receives the messages that are left in the queues, and reads the sets and the words.
    /// Call it after the cluster has been healed.
    /// </summary>
    /// <returns>False: a parked caller was not served within half of <see cref="WorkloadOptions.Patience"/>, or an
    /// acknowledged message was not received or a set did not have its initial values within the whole of it, or calls
    /// were unanswered after twice of it.</returns>
    public async Task<bool> DrainAsync(CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // A call waits for a cluster that does not come back without a limit, so the wait has one.
            return await DrainOnceAsync(stop.Token)
                .WaitAsync(2 * _options.Patience, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends all clients. The objects stay.</summary>
    public ValueTask DisposeAsync() => _clients.DisposeAsync();

    private async Task AddSlotsAsync(List<ClientSlot> slots, int count, CancellationToken cancelled)
    {
        for (var i = 0; i < count; i++)
        {
            var slot = _clients.AddSlot();
            await slot.GetAsync(cancelled).ConfigureAwait(false);
            slots.Add(slot);
        }
    }

    private async Task<bool> DrainOnceAsync(CancellationToken cancelled)
    {
        var (objects, loops) = (_objects ?? throw new InvalidOperationException("prepare first"), _loops!);
        var isServed = _options.Parked == 0 || await _parkedCallers!.ServeAsync(_own, cancelled).ConfigureAwait(false);
        if (_timedCallers is not null) await _timedCallers.DrainAsync(cancelled).ConfigureAwait(false);
        var drain = new Drain(_options, objects, _caller, loops, _own);
        var isEmpty = await drain.RunAsync(cancelled).ConfigureAwait(false);
        await _streams!.DrainAsync(_own, cancelled).ConfigureAwait(false);
        return isServed && isEmpty;
    }

    private static async Task UntilStoppedAsync(Func<CancellationToken, Task> loop, CancellationToken stop)
    {
        try
        {
            await Task.Run(() => loop(stop), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It stopped between two calls.
        }
    }
}
