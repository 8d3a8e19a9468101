using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>
/// Published on the event stream when the connection with a node was closed, to be made anew, because nothing came
/// through it.
/// </summary>
/// <param name="Node">The node.</param>
public sealed record AssociationRenewed(Address Node);
