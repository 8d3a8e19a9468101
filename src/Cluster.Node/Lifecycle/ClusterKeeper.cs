using System.Data.Common;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Operations;
using Cluster.Actors.Time;
using Cluster.Node.Observing;
using Cluster.Node.Record;

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

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private long _younger; // the epoch of which the operator was told

    private string Self => ClusterOperations.HostPort(_cluster.SelfAddress);

    /// <summary>Sets the cluster's clock by the record. The clock of the first cluster begins with the wall clock.</summary>
    public async Task BeginAsync(CancellationToken cancelled)
    {
        var row = await TryAsync(() => record.ReadAsync(cancelled));
        clock.Hear(row?.ClockMs ?? time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>
    /// Returns the members of the cluster that uses the journal and lives, HOST:PORT, without this node. Returns null
    /// if there is none: this node may form one.
    /// </summary>
    public async Task<IReadOnlyList<string>?> TryFormAsync(CancellationToken cancelled)
    {
        try
        {
            var row = await record.TryFormAsync(clock.NowMs, Self, cancelled);
            if (row is not null) epoch.Hear(row.Epoch);
            return row is not null ? null : await MembersAsync(cancelled);
        }
        catch (Exception exception) when (IsAway(exception))
        {
            return null; // as without a record, which a user without the right to make tables cannot have
        }
    }

    /// <summary>The members that the record names, HOST:PORT, without this node.</summary>
    public async Task<IReadOnlyList<string>> MembersAsync(CancellationToken cancelled)
    {
        var row = await TryAsync(() => record.ReadAsync(cancelled));
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
                if (!await TryAsync(() => BeatAsync(_stopping.Token))) continue;
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
            else if (isLeader) epoch.Hear(row!.Epoch);
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

    // While the journal is away, its own events tell the operator.
    private static async Task<T?> TryAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception exception) when (IsAway(exception))
        {
            return default;
        }
    }

    private static bool IsAway(Exception exception) =>
        exception is DbException or TimeoutException or IOException or UnauthorizedAccessException;
}
