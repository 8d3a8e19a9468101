using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>A receiver of an entity's messages: a session, or an incarnation of another entity.</summary>
public interface IPeer
{
    /// <summary>Whether it can still hear.</summary>
    bool IsAlive { get; }

    /// <summary>Results arrive.</summary>
    void Hear(Results results);

    /// <summary>An answer or news arrives.</summary>
    void Hear(Reply reply);
}
