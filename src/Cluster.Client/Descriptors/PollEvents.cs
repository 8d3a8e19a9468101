using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Events of poll(2), with Linux's values.</summary>
[Flags]
public enum PollEvents
{
    /// <summary>No event.</summary>
    None = 0,

    /// <summary>POLLIN: there is something to receive.</summary>
    Readable = FileFlags.POLLIN,

    /// <summary>POLLOUT: a send would not block.</summary>
    Writable = FileFlags.POLLOUT,

    /// <summary>POLLERR: an error has occurred; told unasked.</summary>
    Error = FileFlags.POLLERR,

    /// <summary>POLLHUP: the other end is gone; told unasked.</summary>
    HangUp = FileFlags.POLLHUP,
}
