using System.Net.Sockets;

namespace Cluster.Actors.Membership.Links;

/// <summary>One end of a TCP connection between two nodes.</summary>
/// <param name="socket">The connection.</param>
/// <param name="peer">The peer that this node connected to; null: the other node opened this link.</param>
/// <param name="kind">The purpose of the link.</param>
/// <param name="sinceMs">When it was opened or accepted, in ms.</param>
/// <param name="seal">Authenticates the frames; null: nothing does.</param>
internal sealed class PeerLink(Socket socket, Peer? peer, PeerLinkKind kind, long sinceMs, LinkSeal? seal = null)
{
    private readonly byte[] _frame = new byte[PeerLinkFrame.Bytes + (seal is null ? 0 : LinkSeal.TagBytes)];
    private int _filled;
    private byte[]? _first; // it waits for the nonce of the other end

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
            if (!TryTake(onFrame)) return false;
        }

        return null;
    }

    /// <summary>
    /// Writes a frame if the socket has room. A dropped question is asked again at the next interval.
    /// </summary>
    public void Write(byte[] frame)
    {
        if (seal is null)
        {
            Send(frame);
        }
        else if (seal.IsOpen)
        {
            Send(seal.Seal(frame));
        }
        else
        {
            _first = frame;
            Send(seal.Opening());
        }
    }

    private bool TryTake(Action<PeerLink, byte[]> onFrame)
    {
        if (seal is { IsOpen: false }) return TryOpen(seal);
        var frame = seal is null ? _frame : seal.Unseal(_frame);
        if (frame is not null) onFrame(this, frame);
        return frame is not null;
    }

    private bool TryOpen(LinkSeal own)
    {
        if (!own.TryOpen(_frame.AsSpan())) return false;
        if (Peer is null) Send(own.Opening());
        else if (_first is { } first) Send(own.Seal(first));
        return true;
    }

    private void Send(byte[] bytes) => Socket.Send(bytes, 0, bytes.Length, SocketFlags.None, out _);
}
