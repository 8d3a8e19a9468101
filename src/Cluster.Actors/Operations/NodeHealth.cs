using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Persistence;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Routing;

namespace Cluster.Actors.Operations;

/// <summary>Checks whether this node can serve calls as a member of the cluster.</summary>
/// <param name="system">The node's actor system.</param>
/// <param name="regions">Its shard regions.</param>
/// <param name="quorum">Whether it has a majority.</param>
public sealed class NodeHealth(ActorSystem system, Regions regions, IQuorum quorum)
{
    /// <summary>Health checks run often, and their callers do not wait for long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);
    private readonly Lock _lock = new();
    private Task _probe = Task.CompletedTask;
    private volatile bool _isRegistered;

    /// <summary>Runs all checks. Takes two seconds at most.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken cancelled)
    {
        var shards = ShardsAsync(cancelled);
        var journal = JournalAsync(cancelled);
        var status = _cluster.SelfMember.Status;
        return
        [
            new HealthCheck("member", status == MemberStatus.Up ? null : status.ToString().ToLowerInvariant()),
            new HealthCheck("majority", quorum.IsFresh ? null : "a majority of the members has not answered lately"),
            new HealthCheck("shards", await shards.ConfigureAwait(false)),
            new HealthCheck("journal", await journal.ConfigureAwait(false)),
        ];
    }

    /// <summary>Whether actors run at all.</summary>
    public static async Task<bool> IsAliveAsync(ActorSystem system, CancellationToken cancelled)
    {
        if (system.WhenTerminated.IsCompleted) return false;
        try
        {
            await system.ActorSelection("/user").Ask<ActorIdentity>(new Identify(null), Patience * 2, cancelled)
                .ConfigureAwait(false);
            return true;
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    // Checked only until it succeeds once: while the coordinator moves to another node it does not answer, and this
    // node serves calls nevertheless.
    private async Task<string?> ShardsAsync(CancellationToken cancelled)
    {
        if (_isRegistered) return null;
        try
        {
            var answers = await Task.WhenAll(
                Array.ConvertAll(new[] { regions.Objects, regions.Processes }, region =>
                    region.Ask<CurrentRegions>(GetCurrentRegions.Instance, Patience, cancelled))).ConfigureAwait(false);
            _isRegistered = Array.TrueForAll(answers, answer => answer.Regions.Contains(_cluster.SelfAddress));
            return _isRegistered ? null : "the regions are not registered with the coordinator";
        }
        catch (AskTimeoutException)
        {
            return "the coordinator does not answer";
        }
    }

    private async Task<string?> JournalAsync(CancellationToken cancelled)
    {
        Task probe;
        lock (_lock)
        {
            // One probe for all callers: a journal that does not answer would collect the probes.
            if (_probe.IsCompleted) _probe = ProbeAsync();
            probe = _probe;
        }

        try
        {
            await probe.WaitAsync(Patience, cancelled).ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException)
        {
            return "it does not answer";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }

    // The writer knows its own state. The readers are tested with a recovery.
    private async Task ProbeAsync()
    {
        var writer = await Persistence.Instance.Apply(system).CheckJournalHealthAsync("").ConfigureAwait(false);
        if (writer.Status != PersistenceHealthStatus.Healthy)
            throw new JournalUnavailableException(writer.Description ?? "it is not well");
        await JournalReadiness.AskAsync(system).ConfigureAwait(false);
    }
}
