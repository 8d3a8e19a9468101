using Akka.Actor;

namespace Cluster.Actors.Membership.Quorum;

/// <summary>Tells an entity that the node has its quorum again.</summary>
internal sealed class QuorumBack : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
{
    public static readonly QuorumBack Instance = new();
}
