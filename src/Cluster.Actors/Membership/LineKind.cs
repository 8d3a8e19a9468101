namespace Cluster.Actors.Membership;

/// <summary>What a line is for.</summary>
internal enum LineKind
{
    /// <summary>
    /// Nothing is said on it, so that nothing is unread when a process dies, and its kernel says FIN.
    /// </summary>
    Watch = 1,

    /// <summary>Questions whether the other one still takes this node for a member, and the answers.</summary>
    Ask = 2,

    /// <summary>The answerer ends on purpose: the end of this line proves nothing.</summary>
    Bye = 3,
}
