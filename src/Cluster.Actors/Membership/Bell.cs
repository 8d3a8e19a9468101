using System.Net;
using System.Net.Sockets;

namespace Cluster.Actors.Membership;

/// <summary>
/// Wakes a thread that waits for sockets: a datagram to itself. Without it, that thread would have to look every few
/// milliseconds. One that is lost delays what it rang for until the thread wakes by itself.
/// </summary>
internal sealed class Bell : IDisposable
{
    private static readonly byte[] Ring = [1];

    private readonly byte[] _heard = new byte[1];
    private int _rings;

    public Bell()
    {
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Socket.Connect(Socket.LocalEndPoint!);
    }

    /// <summary>What to wait for.</summary>
    public Socket Socket { get; }

    /// <summary>From any thread, after what is to be found has been put where it is looked for.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _rings, 1) == 1) return; // it has not been answered yet
        try
        {
            Socket.Send(Ring, SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>On the thread that was woken, before it looks.</summary>
    public void Answer()
    {
        while (Socket.Receive(_heard, SocketFlags.None, out var error) > 0 && error == SocketError.Success)
        {
        }

        // Last: who found it set before has put there already what is looked for next.
        Interlocked.Exchange(ref _rings, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
