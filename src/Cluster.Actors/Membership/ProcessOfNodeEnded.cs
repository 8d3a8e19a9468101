using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>Published on the event stream when the process of another node has ended for certain.</summary>
/// <param name="Node">The node.</param>
public sealed record ProcessOfNodeEnded(Address Node);
