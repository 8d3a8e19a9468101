using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Operations;
using Cluster.Actors.Time;
using Cluster.Node.Observing;
using Cluster.Node.Record;
using Npgsql;

namespace Cluster.Node.Lifecycle;

/// <summary>
/// Keeps one cluster per journal. A node forms a cluster only if no member of another one lives, which the lock on the
/// record shows. The leader writes every second that the cluster lives, which nodes are its members, and what its clock
/// reads. If two clusters meet on one journal all the same, the younger ends.
/// </summary>
/// <remarks>
/// Two can meet if all members of a cluster lose the lock at once (the database was restarted) and a node forms another
/// cluster before they have it again.
/// </remarks>
internal sealed class ClusterKeeper(
    ActorSystem system, IClusterRecord record, IQuorum quorum, ClusterClock clock, ClusterEpoch epoch,
    TimeProvider time, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // So many beats fail before the operator hears of it: the journal has events of its own.
    private const int FailuresToTell = 10;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _younger; // the epoch of which the operator was told
    private int _failures; // beats that have failed one after the other

    private string Self => ClusterOperations.HostPort(_cluster.SelfAddress);

    /// <summary>Why the record cannot be read; null: it can. Then the node forms no cluster.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// Sets the cluster's clock by the record. Only the clock of the first cluster begins with the wall clock, so a
    /// record that cannot be read is waited for.
    /// </summary>
    public async Task BeginAsync(CancellationToken cancelled)
    {
        while (true)
        {
            var (isRead, row) = await AskAsync(() => record.ReadAsync(cancelled));
            if (isRead)
            {
                clock.Hear(row?.ClockMs ?? time.GetUtcNow().ToUnixTimeMilliseconds());
                return;
            }

            await Task.Delay(Interval, time, cancelled);
        }
    }

    /// <summary>
    /// Returns the members of the cluster that uses the journal and lives, HOST:PORT, without this node. Returns null
    /// if there is none: this node may form one.
    /// </summary>
    public async Task<IReadOnlyList<string>?> TryFormAsync(CancellationToken cancelled)
    {
        var hasRecord = true;
        var (isRead, row) = await AskAsync(
            () => record.TryFormAsync(clock.NowMs, Self, cancelled), () => hasRecord = false);
        if (isRead && !hasRecord) return null; // nobody can have a record with this user, so nobody has the lock
        if (isRead && row is not null)
        {
            epoch.Hear(row.Epoch);
            return null;
        }

        return await MembersAsync(cancelled);
    }

    /// <summary>The members that the record names, HOST:PORT, without this node.</summary>
    public async Task<IReadOnlyList<string>> MembersAsync(CancellationToken cancelled)
    {
        var (_, row) = await AskAsync(() => record.ReadAsync(cancelled));
        return row is null ? [] : [.. row.Members.Where(member => member != Self)];
    }

    /// <summary>Holds the lock and writes the record, from now on until the node ends. The node is a member.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Releases the lock.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        await record.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                if (!await TryBeatAsync()) continue;
                await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterDowningReason.Instance);
                return;
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    // Whatever has failed, the next beat tries again: without beats and without the lock another cluster could form.
    private async Task<bool> TryBeatAsync()
    {
        try
        {
            var ends = await BeatAsync(_stopping.Token);
            _failures = 0;
            return ends;
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            if (++_failures == FailuresToTell) log.RecordLost(exception.Message.ReplaceLineEndings(" "));
            return false;
        }
    }

    // Returns whether the cluster of this node has to end.
    private async Task<bool> BeatAsync(CancellationToken cancelled)
    {
        await record.TryShareAsync(cancelled);
        var row = await record.ReadAsync(cancelled);
        var state = _cluster.State;
        var isLeader = quorum.IsFresh && state.Leader == _cluster.SelfAddress;
        var members = state.Members.Where(member => member.Status == MemberStatus.Up)
            .Select(member => ClusterOperations.HostPort(member.Address));
        var lives = new ClusterRow(epoch.Number, clock.NowMs, [.. members]);
        // Nodes of an older version formed this cluster, or the record was deleted.
        if (row is null || lives.Epoch == 0)
        {
            if (isLeader && row is null)
                await record.AdoptAsync(lives with { Epoch = Math.Max(1, lives.Epoch) }, cancelled);
            else if (isLeader && row!.Members.All(lives.Members.Contains)) epoch.Hear(row.Epoch);
            return false;
        }

        if (row.Epoch < lives.Epoch)
        {
            log.OlderCluster(string.Join(", ", row.Members));
            return true;
        }

        if (row.Epoch > lives.Epoch && row.Epoch != _younger)
        {
            _younger = row.Epoch;
            log.YoungerCluster(string.Join(", ", row.Members));
        }

        if (isLeader) await record.BeatAsync(lives, cancelled);
        return false;
    }

    // Asks the record. It is read, as absent, also if the user of the database may not make tables (then the node is on
    // its own, as before there was a record). Any other failure is a problem that passes, or that the operator mends.
    private async Task<(bool IsRead, ClusterRow? Row)> AskAsync(Func<Task<ClusterRow?>> question, Action? absent = null)
    {
        try
        {
            var row = await question();
            Problem = null;
            return (true, row);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            Problem = null;
            absent?.Invoke();
            return (true, null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Problem = exception.Message.ReplaceLineEndings(" ");
            return (false, null);
        }
    }
}
