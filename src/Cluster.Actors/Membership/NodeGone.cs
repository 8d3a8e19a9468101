using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>
/// Published on this node when another one was removed and this node's regions know it: what had been sent to it since
/// it died is lost, and what is sent from now on waits until its objects have a new place.
/// </summary>
internal sealed class NodeGone : INoSerializationVerificationNeeded
{
    public static readonly NodeGone Instance = new();
}
