using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A handler of a signal. Its disposal gives the signal its default action again.</summary>
public interface ISignalHandler : IAsyncDisposable
{
    /// <summary>The signal.</summary>
    Signal Signal { get; }
}
