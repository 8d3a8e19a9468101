using System.Net;
using System.Net.Sockets;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Wakes a thread that waits in select(2), by a datagram to itself. Without it the thread would have to poll every few
/// milliseconds. If the datagram is lost, the work waits until the thread's own time-out.
/// </summary>
internal sealed class WakeFlag : IDisposable
{
    private static readonly byte[] Signal = [1];

    private readonly byte[] _received = new byte[1];
    private int _isSet;

    public WakeFlag()
    {
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Socket.Connect(Socket.LocalEndPoint!);
    }

    /// <summary>The socket to wait for: it becomes readable when the flag is set.</summary>
    public Socket Socket { get; }

    /// <summary>Sets the flag. Call it from any thread, after the work has been queued.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 1) return; // set, and not cleared yet
        try
        {
            Socket.Send(Signal, SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // The waiting thread has ended.
        }
    }

    /// <summary>Clears the flag. Call it on the woken thread, before it looks into the queue.</summary>
    public void Clear()
    {
        while (Socket.Receive(_received, SocketFlags.None, out var error) > 0 && error == SocketError.Success)
        {
        }

        // Clear the flag last: a producer that still saw it set has already queued its work, and we check the queue
        // next.
        Interlocked.Exchange(ref _isSet, 0);
    }

    public void Dispose() => Socket.Dispose();
}
