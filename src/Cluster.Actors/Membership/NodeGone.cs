using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>
/// Published on this node when another node was removed and the shard regions of this node know it. Messages that were
/// sent to the node since it died are lost. Messages sent from now on wait until its shards have a new home.
/// </summary>
internal sealed class NodeGone : INoSerializationVerificationNeeded
{
    public static readonly NodeGone Instance = new();
}
