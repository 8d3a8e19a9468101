using System.Net.Sockets;

namespace Cluster.Actors.Membership.Links;

/// <summary>One end of a TCP connection between two nodes.</summary>
internal sealed class PeerLink(Socket socket, Peer? peer, PeerLinkKind kind, long sinceMs)
{
    private readonly byte[] _frame = new byte[PeerLinkFrame.Bytes];
    private int _filled;

    public Socket Socket { get; } = socket;

    /// <summary>The peer that this node connected to; null: the other node opened this link.</summary>
    public Peer? Peer { get; } = peer;

    public PeerLinkKind Kind { get; set; } = kind;

    /// <summary>The uid of the node that opened this link. Only set on accepted links.</summary>
    public int CallerUid { get; set; }

    public bool IsConnected { get; set; } = peer is null;

    /// <summary>Whether the hello of the other end has arrived.</summary>
    public bool IsGreeted { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>When the link was opened or accepted, in ms.</summary>
    public long SinceMs { get; } = sinceMs;

    /// <summary>Reads all bytes that have arrived.</summary>
    /// <param name="onFrame">Called for each complete frame.</param>
    /// <returns>Null: the link is still open. True: the other end sent FIN. False: the link broke in another
    /// way.</returns>
    public bool? Read(Action<PeerLink, byte[]> onFrame)
    {
        while (!IsClosed)
        {
            var count = Socket.Receive(_frame, _filled, _frame.Length - _filled, SocketFlags.None, out var error);
            if (error is SocketError.WouldBlock or SocketError.IOPending) return null;
            if (error != SocketError.Success) return false;
            if (count == 0) return true;
            _filled += count;
            if (_filled < _frame.Length) continue;
            _filled = 0;
            onFrame(this, _frame);
        }

        return null;
    }

    /// <summary>
    /// Writes a frame if the socket has room. A dropped question is asked again at the next interval.
    /// </summary>
    public void Write(byte[] frame) => Socket.Send(frame, 0, frame.Length, SocketFlags.None, out _);
}
