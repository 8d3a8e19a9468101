using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>Why calls end without a result. ESRCH: the process has ended, and their outcome is unknown.</summary>
/// <param name="Errno">Why.</param>
/// <param name="Reason">The same in words.</param>
/// <param name="KilledBy">The signal that killed the process; None: no signal did.</param>
internal sealed record EngineFailure(Errno Errno, string Reason, Signal KilledBy = Signal.None);
