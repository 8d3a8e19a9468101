namespace Cluster.Actors;

/// <summary>The bounds of what clients can make a node hold, each with its counter.</summary>
public enum Bound
{
    /// <summary>A connection was refused: the node has as many as its descriptors allow.</summary>
    Connections,

    /// <summary>A connection was refused: its address has as many as one address may have.</summary>
    ConnectionsOfAddress,

    /// <summary>A connection that had not introduced itself was closed, to make room for another one.</summary>
    SilentConnections,

    /// <summary>A connection of HTTP/2 was refused: the node has as many as it takes.</summary>
    HttpConnections,

    /// <summary>A connection of HTTP/2 was closed: it had most of the requests without a process.</summary>
    Requests,

    /// <summary>A connection is read later: it sends more of what is no call than a connection may.</summary>
    Pace,

    /// <summary>A process begins later, or was refused: too many begin.</summary>
    NewProcesses,

    /// <summary>A connection was closed because no hello came in time.</summary>
    Hello,

    /// <summary>A frame was refused: it was too large, had too many parts, or did not arrive in time.</summary>
    Frame,

    /// <summary>A large frame waits until those of other clients have arrived.</summary>
    LargeFrames,

    /// <summary>A connection of HTTP/2 was closed, because its client reset too many requests.</summary>
    Resets,

    /// <summary>A session waits until its client has read results.</summary>
    UnreadBytes,

    /// <summary>A connection was closed: its client read nothing while others waited for the room of its results.</summary>
    Stalled,

    /// <summary>A stream was ended: its client has too many calls unanswered, or results unread.</summary>
    Session,

    /// <summary>
    /// A call failed with ENOBUFS: its process leaves too many results unacknowledged, or blocked senders have too many
    /// bytes in a queue, or an object has too many events to write.
    /// </summary>
    Calls,
}
