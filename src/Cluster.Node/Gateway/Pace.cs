using Cluster.Actors;
using Cluster.Node.Observing;

namespace Cluster.Node.Gateway;

/// <summary>
/// Bounds what one connection makes the node do beside calls: answers to pings, empty frames, settings, requests of
/// HTTP/2. Each connection may do a little of it at any time, so that no other client can use up its share. More comes
/// from a share that all connections have in common. A connection that has neither is read later.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class Pace(NodePace node, NodeStats stats, TimeProvider time)
{
    /// <summary>Units that a connection may use at once.</summary>
    internal const int Burst = 100;

    /// <summary>Units that a connection gets in a second.</summary>
    internal const int PerSecond = 20;

    private readonly Allowance _own = new(Burst, PerSecond, time);

    /// <summary>Completes when the connection may do what costs so many units.</summary>
    public ValueTask SpendAsync(int units, CancellationToken cancellationToken)
    {
        if (_own.TryTake(units) || node.TryTake(units)) return ValueTask.CompletedTask;
        stats.AddBound(Bound.Pace);
        return new ValueTask(Task.Delay(_own.Borrow(units), time, cancellationToken));
    }
}

/// <summary>The share of <see cref="Pace"/> that the connections of a node have in common.</summary>
internal sealed class NodePace(TimeProvider time)
{
    /// <summary>Units in a second, and at once.</summary>
    internal const int PerSecond = 5_000;

    private readonly Lock _gate = new();
    private readonly Allowance _shared = new(PerSecond, PerSecond, time);

    /// <summary>Takes units, if there are as many.</summary>
    public bool TryTake(int units)
    {
        lock (_gate) return _shared.TryTake(units);
    }
}
