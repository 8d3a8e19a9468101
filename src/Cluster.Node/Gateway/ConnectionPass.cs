using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Cluster.Node.Gateway;

/// <summary>The place of one connection, among the features of it.</summary>
internal sealed class ConnectionPass(Connections connections, ConnectionContext connection, IPAddress address)
{
    // A client that ends streams in an orderly way resets them too: a few in a second.
    private const int ResetsInWindow = 30;

    private static readonly TimeSpan ResetWindow = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _resetsSince;
    private int _resets;

    /// <summary>The connection.</summary>
    public ConnectionContext Connection { get; } = connection;

    /// <summary>The address that it counts for.</summary>
    public IPAddress Address { get; } = address;

    /// <summary>Its place among those that have no process; null: it has one.</summary>
    internal LinkedListNode<ConnectionPass>? Node { get; set; }

    /// <summary>A request over the connection was reset.</summary>
    /// <returns>False: too many were, in a short time: close the connection. Said once.</returns>
    public bool AddReset(TimeProvider time)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_resets == 0 || time.GetElapsedTime(_resetsSince, now) >= ResetWindow) (_resetsSince, _resets) = (now, 0);
            return ++_resets != ResetsInWindow;
        }
    }

    /// <summary>The connection is closed because of resets.</summary>
    public void Condemn(TimeProvider time) => connections.Resets.Add(Address, time);

    /// <summary>Whether a connection of HTTP/2 has to wait, because its address has reset too many requests.</summary>
    public bool IsSlowed(TimeProvider time) => connections.Resets.IsFull(Address, time);

    /// <summary>The connection has a process.</summary>
    public void Introduce() => connections.Introduce(this);
}
