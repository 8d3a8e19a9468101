namespace Cluster.Lab.Workloads;

/// <summary>One second of a run; latencies are of calls that do not wait for others (no blocking receive or
/// acquisition), in the second in which they ended.</summary>
/// <param name="Second">From the start, the first is 0.</param>
/// <param name="Calls">Calls that ended.</param>
/// <param name="Errors">Of them failed otherwise than is part of the game: unknown outcomes, and errnos but EAGAIN,
/// ENOMSG, EINTR, ETIMEDOUT.</param>
/// <param name="P50Ms">Median.</param>
/// <param name="P99Ms">99th percentile.</param>
/// <param name="MaxMs">The longest.</param>
public readonly record struct WorkloadSecond(
    int Second, long Calls, long Errors, double P50Ms, double P99Ms, double MaxMs);
