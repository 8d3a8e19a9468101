using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <summary>
/// What a <see cref="SessionCore"/> wants from its driver. The driver must not call the core from inside of these
/// methods.
/// </summary>
public interface ISessionOutputs
{
    /// <summary>Calls for an entity. Its results come back by <see cref="SessionCore.Results"/>.</summary>
    void Send(Submit submit);

    /// <summary>A request to an entity. The answer comes back by <see cref="SessionCore.Reply"/>.</summary>
    void Send(Request request);

    /// <summary>As <see cref="Send(Request)"/>, to the node's source of pids.</summary>
    void TakePid(Request request);

    /// <summary>As <see cref="Send(Request)"/>, to the node's <see cref="LimitsKeeper{TRef}"/>.</summary>
    void Subscribe(Request request);

    /// <summary>A frame for the client.</summary>
    void Write(ServerFrame frame);

    /// <summary>The session is over: end the stream after the frames before this, and drop the core.</summary>
    void End();
}
