using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A handler of a signal. Its disposal gives the signal its default action again.</summary>
/// <example>
/// <code>
/// await using var handler = await ipc.Signals.OnAsync(Signal.SIGUSR1, signal => ReloadAsync());
/// </code>
/// </example>
public interface ISignalHandler : IAsyncDisposable
{
    /// <summary>The signal.</summary>
    Signal Signal { get; }
}
