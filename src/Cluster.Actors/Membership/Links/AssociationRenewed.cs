using Akka.Actor;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Published on the event stream when this node closes its Akka connections with another node because no message
/// arrived through them. Akka then opens new ones.
/// </summary>
/// <param name="Node">The other node.</param>
public sealed record AssociationRenewed(Address Node);
