using System.Net;

namespace Cluster.Actors.Membership;

/// <summary>Another node, as one process of it: a restarted one is another.</summary>
internal sealed class LinePeer(int uid, IPEndPoint address)
{
    public int Uid { get; } = uid;

    public IPEndPoint Address { get; } = address;

    public Line? Watch { get; set; }

    public Line? Ask { get; set; }

    public long RetryMs { get; set; }

    /// <summary>
    /// A greeted watch ended with FIN and without a bye, and nothing has shown since that the process lives.
    /// </summary>
    public bool HasEnded { get; set; }

    /// <summary>When that was, by this node's clock.</summary>
    public long EndedMs { get; set; }

    /// <summary>It ends on purpose, in its own time.</summary>
    public bool SaidBye { get; set; }

    public bool IsDead { get; set; }
}
