namespace Cluster.Actors.Membership.Links;

/// <summary>What a peer link is for. The numbers are on the wire.</summary>
internal enum PeerLinkKind
{
    /// <summary>
    /// The silent link. No data follows the greeting, so no data is unread when the OS process exits, and its kernel
    /// closes the link with FIN and not with RST.
    /// </summary>
    Watch = 1,

    /// <summary>
    /// Carries the questions whether the other node still counts this node as a member, and the answers.
    /// </summary>
    Ask = 2,

    /// <summary>The node that was connected to shuts down on purpose: the end of this link proves nothing.</summary>
    Bye = 3,
}
