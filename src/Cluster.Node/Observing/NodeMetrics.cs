using System.Diagnostics.Metrics;
using Akka.Cluster;
using Cluster.Actors;
using Cluster.Actors.Metrics;
using Cluster.Protocol;

namespace Cluster.Node.Observing;

/// <summary>The instruments of the meter <c>Cluster.Ipc</c> that read the counters of this node.</summary>
internal sealed class NodeMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Cluster.Ipc";

    private const string Prefix = "cluster.ipc.";

    private readonly Meter _meter = new(Name);
    private readonly NodeStats _stats;
    private readonly Func<ClusterEvent.CurrentClusterState?> _members;

    /// <summary>Creates the instruments. From then on calls are counted.</summary>
    /// <param name="stats">The counters.</param>
    /// <param name="isReady">Whether the node takes sessions.</param>
    /// <param name="members">The cluster as this node sees it; null: none yet.</param>
    public NodeMetrics(NodeStats stats, Func<bool> isReady, Func<ClusterEvent.CurrentClusterState?> members)
    {
        (_stats, _members) = (stats, members);
        stats.CallMeter = new CallMeter(_meter);
        Count("calls.received", "{call}", "Calls taken from clients, those sent again included", () => stats.Calls);
        Count("calls.blocked", "{call}", "Calls that have blocked", () => stats.Parks);
        Count("calls.woken", "{call}", "Blocked calls that went on, with a result or without", () => stats.Wakes);
        Count("calls.replayed", "{call}", "Calls sent again, answered with the result of the first time",
            () => stats.Replays);
        Count("calls.forwarded", "{call}", "Results of objects on other nodes", () => stats.Forwarded);
        Gauge("calls.parked", "{call}", "Calls that are blocked now", () => stats.Parked);
        Gauge("sessions", "{session}", "Connected processes", () => stats.Sessions);
        Gauge("entities.recovering", "{entity}", "Entities that read their journal now", () => stats.Recovering);
        Count("entities.passivated", "{entity}", "Entities taken out of memory because nobody called them",
            () => stats.Passivations);
        Count("shards.moved", "{shard}", "Shards that the coordinator on this node has moved", () => stats.ShardMoves);
        Gauge("ready", "", "1: the node takes sessions", () => isReady() ? 1 : 0);
        Gauge("journal.away", "", "1: the journal's database does not work", () => stats.IsJournalAway ? 1 : 0);
        _meter.CreateObservableGauge(
            $"{Prefix}entities", Entities, "{entity}", "Objects, processes and directories in memory, by kind");
        _meter.CreateObservableGauge(
            $"{Prefix}members", Members, "{node}", "Members of the cluster as this node sees them, by status");
        _meter.CreateObservableCounter(
            $"{Prefix}bounds", Reached, "{time}", "How often clients have reached a bound of what the node holds, by bound");
        Count("majority.losses", "{time}", "How often no majority of the members answered in time",
            () => stats.MajorityLosses);
        Gauge("members.unreachable", "{node}", "Members that cannot be reached, as this node sees them",
            () => State?.Unreachable.Count ?? 0);
    }

    public void Dispose()
    {
        _stats.CallMeter = null;
        _meter.Dispose();
    }

    private void Count(string name, string unit, string description, Func<long> read) =>
        _meter.CreateObservableCounter(Prefix + name, read, unit, description);

    private void Gauge(string name, string unit, string description, Func<long> read) =>
        _meter.CreateObservableGauge(Prefix + name, read, unit, description);

    private ClusterEvent.CurrentClusterState? State => _members();

    private IEnumerable<Measurement<long>> Entities() => Enum.GetValues<Kind>()
        .Where(kind => kind != 0)
        .Select(kind => new Measurement<long>(
            _stats.EntitiesOf(kind), new KeyValuePair<string, object?>("kind", Label.Of($"{kind}"))));

    private IEnumerable<Measurement<long>> Reached() => Enum.GetValues<Bound>()
        .Select(bound => new Measurement<long>(
            _stats.BoundOf(bound), new KeyValuePair<string, object?>("bound", Label.Of($"{bound}"))));

    private IEnumerable<Measurement<long>> Members() => State is not { } state
        ? []
        : Enum.GetValues<MemberStatus>().Where(status => status != MemberStatus.Removed)
            .Select(status => new Measurement<long>(
                state.Members.Count(member => member.Status == status),
                new KeyValuePair<string, object?>("status", Label.Of($"{status}"))));
}
