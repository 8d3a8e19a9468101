using Akka.Actor;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Published on the event stream when this node marks a member as down because it and another member do not hear each
/// other.
/// </summary>
/// <param name="Goes">The member that is marked as down.</param>
/// <param name="Stays">The other member.</param>
public sealed record LinkGivenUp(Address Goes, Address Stays);
