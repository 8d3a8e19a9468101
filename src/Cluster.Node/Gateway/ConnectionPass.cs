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

    /// <summary>Its place among those of HTTP/2 that have no process; null: it is none of these.</summary>
    internal LinkedListNode<ConnectionPass>? HttpNode { get; set; }

    /// <summary>When it became one of HTTP/2; null: it is none.</summary>
    internal long? HttpSince { get; set; }

    /// <summary>Its requests that have no process; null: it is being closed because of them.</summary>
    internal int? Requests { get; set; } = 0;

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

    /// <summary>The connection is one of HTTP/2; see <see cref="Connections.EnterHttp"/>.</summary>
    public HttpEntry EnterHttp(TimeProvider time) => connections.EnterHttp(this, time);

    /// <summary>A request began, which has no process yet.</summary>
    public RequestPass BeginRequest()
    {
        connections.BeginRequest(this);
        return new RequestPass(connections, this);
    }
}
