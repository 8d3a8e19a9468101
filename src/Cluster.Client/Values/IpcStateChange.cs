using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A change of <see cref="IIpcClient.State"/>.</summary>
/// <param name="State">The new state.</param>
/// <param name="Reason">Why it changed; empty if that is not known.</param>
public readonly record struct IpcStateChange(IpcConnectionState State, string Reason)
{
    /// <summary>With <see cref="IpcConnectionState.Lost"/>: the signal that killed the process. None: no signal did.</summary>
    public Signal KilledBy { get; init; }
}
