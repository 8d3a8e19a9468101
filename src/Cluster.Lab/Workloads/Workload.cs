using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Clients at work on durable queues, sets and words, and what they see.
/// <code>
/// await using var workload = new Workload(options, token => ConnectAsync(token));
/// await workload.PrepareAsync();          // objects, clients, the parked callers
/// var run = workload.RunAsync();          // for options.Duration; hurt the cluster meanwhile
/// await run;                              // heal it first
/// await workload.DrainAsync();
/// var verdicts = Judge.Check(workload.History);
/// </code>
/// A client that loses its process is replaced by a new one with a new number. Calls wait for a cluster that is away,
/// so a run may take longer than its duration, by up to the options' patience.
/// </summary>
public sealed class Workload : IAsyncDisposable
{
    private readonly WorkloadOptions _options;
    private readonly Recorder _recorder;
    private readonly Crew _crew;
    private readonly Caller _caller;
    private readonly Place _own;
    private readonly List<Place> _places = [];
    private readonly List<Place> _watchers = [];
    private World? _world;
    private Traffic? _traffic;
    private Line? _line;

    /// <param name="options">What to do.</param>
    /// <param name="connect">Makes a client, as one user each time; <see cref="IpcConnectException"/>: try again. The
    /// workload disposes of it. It should not have <see cref="IpcClientOptions.NewProcessWhenLost"/>.</param>
    public Workload(WorkloadOptions options, Func<CancellationToken, Task<IIpcClient>> connect)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(connect);
        _options = options;
        _recorder = new Recorder(options.TimeProvider, options.Capacity);
        _crew = new Crew(connect, options.TimeProvider);
        _caller = new Caller(_recorder, _crew.Leave);
        _own = _crew.Hire();
    }

    /// <summary>What was seen so far; whole after the drain.</summary>
    public History History => _recorder.Snapshot();

    /// <summary>Calls that ended so far.</summary>
    public int Ended => _caller.Ended;

    /// <summary>Clients that lost their process and were replaced.</summary>
    public int LostClients => _crew.Lost;

    /// <summary>All calls that can be recorded were made; the clients make no more.</summary>
    public bool IsFull => _recorder.IsFull;

    /// <summary>What its calls go to, by the names in the history; none before it is prepared.</summary>
    internal IEnumerable<(string Name, Target Target)> Objects => _world?.All ?? [];

    /// <summary>The segments that its words are in.</summary>
    internal IEnumerable<(string Name, Target Target)> Segments => _world?.Segments ?? [];

    /// <summary>The time now on the history's clock, ns: to note when something was done to the cluster.</summary>
    public long Now => _recorder.Now();

    /// <summary>Makes the objects, connects the clients, parks those that are to be parked, one after
    /// another.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken = default)
    {
        var seat = await _own.GetAsync(cancellationToken).ConfigureAwait(false);
        _world = await World.CreateAsync(seat.Client, _options, cancellationToken).ConfigureAwait(false);
        _traffic = new Traffic(_options, _world, _caller, new Pace(_options.CallsPerSecond, _options.TimeProvider));
        for (var i = 0; i < _world.Sets.Length; i++)
        {
            var set = seat.Client.SemaphoreSets.Open(_world.Sets[i]);
            int[] values = [_options.Permits, 0];
            var call = new Operation { Object = World.Set(i), Call = CallKind.SetValues, Values = values };
            await _caller.CallAsync(_own, seat, call, async recorded =>
            {
                await set.SetAllAsync(values, cancellationToken).ConfigureAwait(false);
                recorded.Ok();
            }).ConfigureAwait(false);
        }

        await HireAsync(_places, _options.Clients, cancellationToken).ConfigureAwait(false);
        await HireAsync(_watchers, Math.Min(_options.Clients, _traffic.Objects), cancellationToken)
            .ConfigureAwait(false);
        _line = new Line(_options, _world, _caller, _crew, _traffic);
        if (_options.Parked > 0) await _line.ParkAsync(seat.Client, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes calls for the duration, or until it is cancelled, and lets those under way end.</summary>
    /// <exception cref="TimeoutException">Calls are unanswered after the options' patience: the cluster does not work.
    /// The drain may be tried all the same.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        var traffic = _traffic ?? throw new InvalidOperationException("prepare first");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var all = Task.WhenAll(_places.SelectMany((place, index) => new[]
        {
            UntilStoppedAsync(token => traffic.ActAsync(place, index, token), stop.Token),
            UntilStoppedAsync(token => traffic.ReceiveAsync(place, index, token), stop.Token),
        }).Concat(Enumerable.Range(0, traffic.Objects).Select(watched => UntilStoppedAsync(
            token => traffic.WatchAsync(_watchers[watched % _watchers.Count], watched, token), stop.Token))));
        await Task.WhenAny(all, Task.Delay(_options.Duration, _options.TimeProvider, cancellationToken))
            .ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await all.WaitAsync(_options.Patience, _options.TimeProvider, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Serves the parked callers, takes what is left in the queues, reads the sets and the words. To be called when the
    /// cluster is whole again.
    /// </summary>
    /// <returns>False: after half of the options' patience a parked caller was not served, after all of it something
    /// that was acknowledged has not been found, or a set is not as it was at first; or after twice of it calls are
    /// unanswered still.</returns>
    public async Task<bool> DrainAsync(CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // A cluster that did not come back answers nobody, and a call waits for it however long that takes.
            return await EmptyAsync(stop.Token)
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
    public ValueTask DisposeAsync() => _crew.DisposeAsync();

    private async Task HireAsync(List<Place> places, int count, CancellationToken cancelled)
    {
        for (var i = 0; i < count; i++)
        {
            var place = _crew.Hire();
            await place.GetAsync(cancelled).ConfigureAwait(false);
            places.Add(place);
        }
    }

    private async Task<bool> EmptyAsync(CancellationToken cancelled)
    {
        var (world, traffic) = (_world ?? throw new InvalidOperationException("prepare first"), _traffic!);
        var isServed = _options.Parked == 0 || await _line!.ServeAsync(_own, cancelled).ConfigureAwait(false);
        var isEmpty = await new Drain(_options, world, _caller, traffic, _own).RunAsync(cancelled).ConfigureAwait(false);
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
            // Between two calls.
        }
    }
}
