using System.Net;

namespace Cluster.Actors.Membership.Links;

/// <summary>Another node, as one OS process: a restarted node is another peer.</summary>
/// <param name="uid">Its uid.</param>
/// <param name="address">Where it listens.</param>
/// <param name="secret">The secret of its links; null: they have none.</param>
internal sealed class Peer(int uid, IPEndPoint address, byte[]? secret = null)
{
    /// <summary>What authenticates a link to it; null: nothing.</summary>
    public LinkSeal? NewSeal() => secret is null ? null : new LinkSeal(secret, isCaller: true);

    /// <summary>Whether this is where it listens, and its secret.</summary>
    public bool IsAt(IPEndPoint other, byte[]? otherSecret) =>
        Address.Equals(other) && (secret ?? []).AsSpan().SequenceEqual(otherSecret);

    public int Uid { get; } = uid;

    public IPEndPoint Address { get; } = address;

    /// <summary>The silent link that this node has opened; null: none.</summary>
    public PeerLink? Watch { get; set; }

    /// <summary>The link for questions that this node has opened; null: none.</summary>
    public PeerLink? Ask { get; set; }

    /// <summary>The earliest time for the next attempt to connect, in ms.</summary>
    public long RetryMs { get; set; }

    /// <summary>
    /// Whether a greeted silent link ended with FIN, without a bye, and nothing has shown since that the process lives.
    /// </summary>
    public bool HasEnded { get; set; }

    /// <summary>When the silent link ended, by this node's clock, in ms.</summary>
    public long EndedMs { get; set; }

    /// <summary>Whether the peer has announced that it shuts down.</summary>
    public bool SaidBye { get; set; }

    /// <summary>Whether the peer was declared dead.</summary>
    public bool IsDead { get; set; }
}
