using System.Net.Sockets;

namespace Cluster.Actors.Membership;

/// <summary>One connection between two nodes, as one end of it sees it.</summary>
internal sealed class Line(Socket socket, LinePeer? peer, LineKind kind, long sinceMs)
{
    private readonly byte[] _frame = new byte[LineFrame.Bytes];
    private int _filled;

    public Socket Socket { get; } = socket;

    /// <summary>Whom this node called; null: it was called.</summary>
    public LinePeer? Peer { get; } = peer;

    public LineKind Kind { get; set; } = kind;

    /// <summary>Who called; only of a line that came in.</summary>
    public int CallerUid { get; set; }

    public bool IsConnected { get; set; } = peer is null;

    /// <summary>Hello has come.</summary>
    public bool IsGreeted { get; set; }

    public bool IsClosed { get; set; }

    public long SinceMs { get; } = sinceMs;

    /// <summary>Reads what is there.</summary>
    /// <param name="onFrame">Takes each whole frame.</param>
    /// <returns>Null: more may come. True: the other end said FIN. False: anything else.</returns>
    public bool? Read(Action<Line, byte[]> onFrame)
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

    /// <summary>Writes a frame, if the other end takes it now. What does not fit is asked again anyway.</summary>
    public void Write(byte[] frame) => Socket.Send(frame, 0, frame.Length, SocketFlags.None, out _);
}
