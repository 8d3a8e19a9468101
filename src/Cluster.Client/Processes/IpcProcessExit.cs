using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>How a process has ended: siginfo_t of waitid(2).</summary>
/// <param name="KilledBy">The signal that killed it; None: no signal did.</param>
/// <param name="LeaseExpired">Its lease ran out: its client was not heard of any more.</param>
/// <param name="Status">What it gave to _exit(2), 0 to 255, if it was neither killed nor lost.</param>
/// <param name="Pid">Its pid.</param>
public readonly record struct IpcProcessExit(Signal KilledBy, bool LeaseExpired, int Status, int Pid)
{
    internal static IpcProcessExit From(ProcessExit exit) =>
        new((Signal)exit.Signal, exit.Expired, exit.Status, exit.Pid);
}
