using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Whom an entity of an <see cref="InMemoryKernel"/> speaks to: a session or another entity.</summary>
internal interface IPeer
{
    void Hear(Results results, long nowMs);

    void Hear(Reply reply, long nowMs);
}
