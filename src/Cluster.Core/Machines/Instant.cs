namespace Cluster.Core.Machines;

/// <summary>The time of one input: on the clock that measures, and on the clock that people read.</summary>
/// <param name="ClockMs">
/// The cluster's clock, in ms. It moves forward at the rate of real time and is never set, so deadlines, leases,
/// graces and tombstones are measured by it. Its readings are of use on any node, also after a restart.
/// </param>
/// <param name="WallMs">
/// The wall clock of the node, in ms since the epoch. It may be set at any time, so nothing is measured by it. It is
/// for the times in a status (msg_stime, sem_ctime and so on).
/// </param>
public readonly record struct Instant(long ClockMs, long WallMs)
{
    /// <summary>An instant at which both clocks read the same, as in a test.</summary>
    public static implicit operator Instant(long ms) => new(ms, ms);
}
