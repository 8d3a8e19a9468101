using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>The node may speak again.</summary>
internal sealed class QuorumBack : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
{
    public static readonly QuorumBack Instance = new();
}
