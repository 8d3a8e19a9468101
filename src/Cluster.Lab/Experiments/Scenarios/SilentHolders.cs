using Cluster.Client;
using Cluster.Lab.Checkers;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// Again and again a process takes a lock and becomes silent, while another process waits for the lock. The lock has to
/// become free when the lease of the silent process ends.
/// </summary>
internal sealed class SilentHolders(ScenarioContext context) : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitsFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly List<LeaseEnd> _ends = [];
    private readonly List<IIpcClient> _silent = [];
    private IIpcClient? _waiter;
    private ISemaphoreSet? _set;

    /// <summary>The leases that ended.</summary>
    public IReadOnlyList<LeaseEnd> Ends => _ends;

    /// <summary>Creates the lock.</summary>
    public async Task PrepareAsync(CancellationToken cancelled)
    {
        _waiter = await context.Connect(cancelled).ConfigureAwait(false);
        _set = await _waiter.SemaphoreSets.CreateAsync(1, cancellationToken: cancelled).ConfigureAwait(false);
        await _set.SetAllAsync([1], cancelled).ConfigureAwait(false);
    }

    /// <summary>Goes on until it is stopped. A holder that is silent then still counts.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await OnceAsync().ConfigureAwait(false);
            }
            catch (IpcSessionLostException)
            {
                // The waiter lives all the time.
                _ends.Add(new LeaseEnd(Ns(Lease), LabClock.Now, null));
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _silent) await EndAsync(client).ConfigureAwait(false);
        if (_waiter is not null) await EndAsync(_waiter).ConfigureAwait(false);
    }

    // A silent client has no timers, so nothing bounds its end but this.
    private static async Task EndAsync(IIpcClient client)
    {
        try
        {
            await client.DisposeAsync().AsTask().WaitAsync(EndsWithin).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its process in the cluster has ended with its lease.
        }
    }

    private async Task OnceAsync()
    {
        var time = new SilentTime();
        IIpcClient holder;
        try
        {
            holder = await context.ConnectAs(Lease, time).ConfigureAwait(false);
        }
        catch (IpcConnectException)
        {
            await Task.Delay(Retry).ConfigureAwait(false);
            return;
        }

        _silent.Add(holder);
        SemaphoreOperation[] take = [new(0, -1, SemFlags.Undo)];
        try
        {
            // The lock is free, unless a node is away.
            await holder.SemaphoreSets.Open(_set!.Id).OperateAsync(take).ConfigureAwait(false);
        }
        catch (IpcSessionLostException)
        {
            return; // the lease is shorter than the failover of a node
        }

        time.BeSilent();
        var silentAt = LabClock.Now;
        var revision = await _set.TryOperateAsync(take, WaitsFor).ConfigureAwait(false);
        _ends.Add(new LeaseEnd(Ns(Lease), silentAt, revision is null ? null : LabClock.Now));
        if (revision is null) return;
        await _set.OperateAsync([new SemaphoreOperation(0, 1, SemFlags.Undo)]).ConfigureAwait(false);
    }

    private static long Ns(TimeSpan span) => (long)(span.TotalMilliseconds * 1e6);
}
