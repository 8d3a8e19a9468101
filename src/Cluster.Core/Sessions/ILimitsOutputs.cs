using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <summary>What a <see cref="LimitsKeeper{TRef}"/> wants from its driver.</summary>
/// <typeparam name="TRef">The address of a session.</typeparam>
public interface ILimitsOutputs<in TRef>
{
    /// <summary>A request to a namespace. The answer comes back by <see cref="LimitsKeeper{TRef}.Reply"/>.</summary>
    void Send(Request request);

    /// <summary>The answer to the request of a session.</summary>
    void Answer(TRef session, Reply reply);
}
