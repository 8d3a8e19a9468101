using Cluster.Actors.Metrics;
using Cluster.Protocol;

namespace Cluster.Actors;

/// <summary>The counters of one node. Any thread may update them.</summary>
public sealed class NodeStats
{
    /// <summary>All kinds have lower numbers than this.</summary>
    private const int Kinds = 128;

    private readonly long[] _entities = new long[Kinds];
    private readonly long[] _bounds = new long[Enum.GetValues<Bound>().Length];
    private long _sessions;
    private long _recovering;
    private long _calls;
    private long _results;
    private long _forwarded;
    private long _parked;
    private long _parks;
    private long _wakes;
    private long _replays;
    private long _passivations;
    private long _shardMoves;
    private long _majorityLosses;

    /// <summary>Connected processes.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    /// <summary>Entities in memory.</summary>
    public long Entities => Enumerable.Range(0, Kinds).Sum(kind => EntitiesOf((Kind)kind));

    /// <summary>Entities in memory that are reading their journal.</summary>
    public long Recovering => Volatile.Read(ref _recovering);

    /// <summary>Calls received from clients since the start, repeated ones included.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Results sent to clients since the start.</summary>
    public long Results => Volatile.Read(ref _results);

    /// <summary>Results sent to clients since the start that came from objects on other nodes.</summary>
    public long Forwarded => Volatile.Read(ref _forwarded);

    /// <summary>Calls that are blocked in entities of this node.</summary>
    public long Parked => Volatile.Read(ref _parked);

    /// <summary>Calls that have blocked since the start.</summary>
    public long Parks => Volatile.Read(ref _parks);

    /// <summary>Blocked calls that completed or were cancelled since the start.</summary>
    public long Wakes => Volatile.Read(ref _wakes);

    /// <summary>Repeated calls that were answered with their stored result since the start.</summary>
    public long Replays => Volatile.Read(ref _replays);

    /// <summary>Idle entities removed from memory since the start.</summary>
    public long Passivations => Volatile.Read(ref _passivations);

    /// <summary>Shards that the coordinator on this node has moved since the start.</summary>
    public long ShardMoves => Volatile.Read(ref _shardMoves);

    /// <summary>How often this node lost its majority since the start.</summary>
    public long MajorityLosses => Volatile.Read(ref _majorityLosses);

    /// <summary>Whether the journal's database has failed.</summary>
    public bool IsJournalAway { get; set; }

    /// <summary>Counts completed calls; null: metrics are not exported.</summary>
    public CallMeter? CallMeter { get; set; }

    /// <summary>Entities of a kind in memory.</summary>
    public long EntitiesOf(Kind kind) => Volatile.Read(ref _entities[(int)kind]);

    /// <summary>How often a bound of what clients can make the node hold was reached since the start.</summary>
    public long BoundOf(Bound bound) => Volatile.Read(ref _bounds[(int)bound]);

    /// <summary>Counts that a bound was reached.</summary>
    public void AddBound(Bound bound) => Interlocked.Increment(ref _bounds[(int)bound]);

    /// <summary>Counts a lost majority.</summary>
    public void AddMajorityLoss() => Interlocked.Increment(ref _majorityLosses);

    internal void AddSessions(int count) => Interlocked.Add(ref _sessions, count);

    internal void AddEntities(Kind kind, int count) => Interlocked.Add(ref _entities[(int)kind], count);

    internal void AddRecovering(int count) => Interlocked.Add(ref _recovering, count);

    internal void AddCalls(int count) => Interlocked.Add(ref _calls, count);

    internal void AddResults(int count) => Interlocked.Add(ref _results, count);

    internal void AddForwarded(int count) => Interlocked.Add(ref _forwarded, count);

    internal void AddParked(int count) => Interlocked.Add(ref _parked, count);

    internal void AddParks(long count) => Interlocked.Add(ref _parks, count);

    internal void AddWakes(long count) => Interlocked.Add(ref _wakes, count);

    internal void AddReplays(long count) => Interlocked.Add(ref _replays, count);

    internal void AddPassivation() => Interlocked.Increment(ref _passivations);

    internal void AddShardMoves(int count) => Interlocked.Add(ref _shardMoves, count);
}
