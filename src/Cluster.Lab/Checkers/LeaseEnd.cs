namespace Cluster.Lab.Checkers;

/// <summary>A process that held a lock became silent, and another process waited for the lock.</summary>
/// <param name="LeaseNs">The lease of the silent process, ns.</param>
/// <param name="SilentAt">When the process became silent, ns. Its last frame may be a third of the lease
/// older.</param>
/// <param name="TakenAt">When the other process had the lock, ns; null: it never had it.</param>
public sealed record LeaseEnd(long LeaseNs, long SilentAt, long? TakenAt);
