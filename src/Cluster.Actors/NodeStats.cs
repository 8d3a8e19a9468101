namespace Cluster.Actors;

/// <summary>Counters of one node. Threads may update them at the same time.</summary>
public sealed class NodeStats
{
    private long _sessions;
    private long _entities;
    private long _calls;
    private long _results;
    private long _parked;

    /// <summary>Connected processes.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    /// <summary>Entities in memory.</summary>
    public long Entities => Volatile.Read(ref _entities);

    /// <summary>Calls taken from clients since the start, those sent again included.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Results sent to clients since the start.</summary>
    public long Results => Volatile.Read(ref _results);

    /// <summary>Calls that are blocked in entities of this node.</summary>
    public long Parked => Volatile.Read(ref _parked);

    internal void AddSessions(int count) => Interlocked.Add(ref _sessions, count);

    internal void AddEntities(int count) => Interlocked.Add(ref _entities, count);

    internal void AddCalls(int count) => Interlocked.Add(ref _calls, count);

    internal void AddResults(int count) => Interlocked.Add(ref _results, count);

    internal void AddParked(int count) => Interlocked.Add(ref _parked, count);
}
