using System.Collections.Concurrent;
using Google.Protobuf.Collections;

namespace Cluster.Core.Sessions;

/// <summary>
/// The limits that a node holds for its sessions, by namespace. A <see cref="LimitsKeeper{TRef}"/> writes them, and the
/// sessions read them from other threads.
/// </summary>
public sealed class NodeLimits
{
    private readonly ConcurrentDictionary<ulong, HeldLimits> _held = [];

    /// <summary>The limits of a namespace; null: the node does not hold them.</summary>
    internal HeldLimits? Find(ulong number) => _held.GetValueOrDefault(number);

    internal HeldLimits FindOrAdd(ulong number) => _held.GetOrAdd(number, static number => new HeldLimits(number));

    internal void Remove(ulong number) => _held.TryRemove(number, out _);
}

/// <summary>The limits that one namespace sets itself, as long as the node may use them.</summary>
/// <remarks>
/// The writer sets the limits before the end of the lease, and a reader looks at the end before the limits. So a
/// session that finds the lease valid reads limits that no answered change has replaced.
/// </remarks>
internal sealed class HeldLimits(ulong number)
{
    // The time of the last use is exact to this many ms, so that the hot path seldom writes it.
    private const long UsePrecisionMs = 1_000;

    private volatile MapField<string, long> _limits = [];
    private long _untilMs = long.MinValue;
    private long _usedMs = long.MinValue / 2;

    /// <summary>The number of the namespace.</summary>
    public ulong Number { get; } = number;

    /// <summary>The limits. Nobody changes this map: a change of the limits is another map.</summary>
    public MapField<string, long> Limits => _limits;

    /// <summary>When a session used them last, in ms.</summary>
    public long UsedMs => Volatile.Read(ref _usedMs);

    /// <summary>When the lease ends, in ms.</summary>
    public long UntilMs => Volatile.Read(ref _untilMs);

    /// <summary>Whether the lease has not run out.</summary>
    public bool IsValid(long nowMs) => nowMs < UntilMs;

    /// <summary>A session uses them, or wants to.</summary>
    public void Use(long nowMs)
    {
        if (nowMs - UsedMs >= UsePrecisionMs) Volatile.Write(ref _usedMs, nowMs);
    }

    /// <summary>From now on calls are stamped with these limits.</summary>
    public void Set(MapField<string, long> limits) => _limits = limits;

    /// <summary>The lease ends then.</summary>
    public void SetUntil(long untilMs) => Volatile.Write(ref _untilMs, untilMs);
}
