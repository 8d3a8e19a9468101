using Akka.Actor;

namespace Cluster.Actors.Membership.Links;

/// <summary>Published on the event stream when the OS process of another node has certainly exited.</summary>
/// <param name="Node">The other node.</param>
public sealed record NodeOsProcessExited(Address Node);
