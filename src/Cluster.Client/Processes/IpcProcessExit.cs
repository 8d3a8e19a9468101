using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>How a process has ended: siginfo_t of waitid(2).</summary>
/// <param name="KilledBy">The signal that killed it; None: no signal did.</param>
/// <param name="LeaseExpired">Its lease ran out: its client was not heard of any more.</param>
public readonly record struct IpcProcessExit(Signal KilledBy, bool LeaseExpired);
