using System.Net;
using System.Net.Sockets;
using Cluster.Actors;
using Cluster.Protocol;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;

namespace Cluster.Node.Gateway;

/// <summary>
/// Bounds the connections of a node, in all and by address. Connections without a process are fewer still: a new one
/// takes the place of the oldest one of the address that has most of them, so a client that introduces itself at once
/// gets in, however many connections say nothing.
/// </summary>
/// <param name="stats">Counts refused and closed connections.</param>
/// <param name="most">Connections in all.</param>
internal sealed class Connections(NodeStats stats, int most)
{
    // A closed connection has its descriptor for a moment.
    private const int Closing = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, OfAddress> _addresses = [];
    private int _count;
    private readonly HashSet<ConnectionPass> _requesting = [];
    private int _silent;
    private int _http;
    private int _silentHttp;
    private int _requests;

    /// <summary>Connections in all.</summary>
    public int Most { get; } = most;

    /// <summary>Connections of one address.</summary>
    public int MostOfAddress { get; } = Math.Max(1, most / 2);

    /// <summary>Connections that were closed because of resets, by address.</summary>
    internal Resetters Resets { get; } = new();

    /// <summary>Connections that have no process.</summary>
    public int MostSilent { get; } = Math.Clamp(most / 4, 1, 2_048);

    /// <summary>Connections of HTTP/2. Each takes much more than one of bare frames.</summary>
    public int MostHttp { get; } = Math.Clamp(most / 4, 1, 1_024);

    /// <summary>Connections of HTTP/2 that have no process.</summary>
    public int MostSilentHttp { get; } = Math.Clamp(most / 16, 1, 64);

    /// <summary>Requests of HTTP that have no process.</summary>
    public const int MostRequests = 512;

    /// <summary>A connection of HTTP/2 has this time to get a process before others may take its place.</summary>
    internal static readonly TimeSpan HttpTime = TimeSpan.FromSeconds(1);

    /// <summary>The same, while it has no request, or more than <see cref="FewRequests"/>.</summary>
    internal static readonly TimeSpan IdleHttpTime = TimeSpan.FromMilliseconds(250);

    // A client that says hello, asks for figures or gives an order has one request, and at most one more that it repeats.
    private const int FewRequests = 4;

    /// <summary>Serves a connection, or refuses it.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate serve)
    {
        if (Admit(connection, out var refusal) is not { } pass)
        {
            await RefuseAsync(connection, refusal);
            return;
        }

        try
        {
            connection.Features.Set(pass);
            await serve(connection);
        }
        finally
        {
            Remove(pass);
        }
    }

    private ConnectionPass? Admit(ConnectionContext connection, out string refusal)
    {
        var address = AddressOf(connection.RemoteEndPoint);
        ConnectionPass? evicted = null;
        refusal = "";
        lock (_gate)
        {
            if (!_addresses.TryGetValue(address, out var own)) own = new OfAddress();
            if (own.Count >= MostOfAddress && (evicted = Oldest(own)) is null)
            {
                stats.AddBound(Bound.ConnectionsOfAddress);
                refusal = $"your address has {own.Count} connections to this node: use fewer, or another node";
                return null;
            }

            if (evicted is null && (_count >= Most || _silent >= MostSilent)) evicted = Oldest(Heaviest());
            if (_count >= (evicted is null ? Most : Most + Closing))
            {
                stats.AddBound(Bound.Connections);
                refusal = $"the node has {_count} connections, as many as it takes: use another node";
                return null;
            }

            if (evicted is not null) Evict(evicted);
            _addresses[address] = own;
            own.Count++;
            _count++;
            _silent++;
            var pass = new ConnectionPass(this, connection, address);
            pass.Node = own.Silent.AddLast(pass);
            return pass;
        }
    }

    /// <summary>
    /// A connection speaks HTTP/2. If too many of these have no process, it takes the place of the oldest one of the
    /// address that has most of them, or has to wait until that one has had some time.
    /// </summary>
    internal HttpEntry EnterHttp(ConnectionPass pass, TimeProvider time)
    {
        lock (_gate)
        {
            if (_http >= MostHttp)
            {
                stats.AddBound(Bound.HttpConnections);
                return HttpEntry.Refused;
            }

            if (_silentHttp >= MostSilentHttp)
            {
                var own = _addresses.Values.MaxBy(own => own.SilentHttp.Count)!.SilentHttp;
                if (own.FirstOrDefault(each => HadItsTime(each, time)) is not { } oldest) return HttpEntry.Waits;
                Evict(oldest);
            }

            _http++;
            pass.HttpSince = time.GetTimestamp();
            if (pass.Node is null) return HttpEntry.Served; // it is being closed
            _silentHttp++;
            pass.HttpNode = _addresses[pass.Address].SilentHttp.AddLast(pass);
            return HttpEntry.Served;
        }
    }

    private static bool HadItsTime(ConnectionPass pass, TimeProvider time) =>
        time.GetElapsedTime(pass.HttpSince!.Value) >= (pass.Requests is > 0 and <= FewRequests ? HttpTime : IdleHttpTime);

    /// <summary>A request began. If there are too many, the connection that has most of them is closed.</summary>
    internal void BeginRequest(ConnectionPass pass)
    {
        lock (_gate)
        {
            if (pass.Requests is null) return;
            pass.Requests++;
            _requests++;
            _requesting.Add(pass);
            if (_requests <= MostRequests) return;
            var most = _requesting.MaxBy(each => each.Requests)!;
            _requests -= most.Requests!.Value;
            _requesting.Remove(most);
            most.Requests = null;
            stats.AddBound(Bound.Requests);
            Abort(most, "it has too many requests without a process");
        }
    }

    /// <summary>A request has ended, or has a process.</summary>
    internal void EndRequest(ConnectionPass pass)
    {
        lock (_gate)
        {
            if (pass.Requests is null) return;
            pass.Requests--;
            _requests--;
            if (pass.Requests == 0) _requesting.Remove(pass);
        }
    }

    /// <summary>The connection has a process.</summary>
    internal void Introduce(ConnectionPass pass)
    {
        lock (_gate) Unlist(pass);
    }

    private void Evict(ConnectionPass pass)
    {
        Unlist(pass);
        stats.AddBound(Bound.SilentConnections);
        Abort(pass, "others need the room");
    }

    // Not at once: the end of a connection may run code that waits for the lock.
    private static void Abort(ConnectionPass pass, string reason) => ThreadPool.UnsafeQueueUserWorkItem(
        static abort => abort.Connection.Abort(new ConnectionAbortedException(abort.Reason)),
        (pass.Connection, Reason: reason), preferLocal: false);

    private void Remove(ConnectionPass pass)
    {
        lock (_gate)
        {
            Unlist(pass);
            _count--;
            if (pass.HttpSince is not null) _http--;
            var own = _addresses[pass.Address];
            if (--own.Count == 0) _addresses.Remove(pass.Address);
        }
    }

    private void Unlist(ConnectionPass pass)
    {
        if (pass.Node is not { } node) return;
        node.List!.Remove(node);
        pass.Node = null;
        _silent--;
        if (pass.HttpNode is not { } http) return;
        http.List!.Remove(http);
        pass.HttpNode = null;
        _silentHttp--;
    }

    private OfAddress? Heaviest() => _addresses.Values.MaxBy(own => own.Silent.Count);

    private static ConnectionPass? Oldest(OfAddress? own) => own?.Silent.First?.Value;

    // One host may have all addresses of an IPv6 network of 64 bits.
    internal static IPAddress AddressOf(EndPoint? other)
    {
        if (other is not IPEndPoint { Address: var address }) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes);
    }

    // The protocol of the client is not known yet. A client of bare frames reads why it is refused.
    private static async Task RefuseAsync(ConnectionContext connection, string reason)
    {
        var farewell = new Farewell { Errno = (int)Errno.EAGAIN, Reason = reason, Retry = true };
        var frame = new ServerFrame { Farewell = farewell }.ToByteArray();
        var header = new byte[FrameFormat.HeaderBytes];
        FrameFormat.WriteHeader(header, FrameKind.Data, frame.Length);
        try
        {
            await connection.Transport.Output.WriteAsync(
                (byte[])[.. FrameFormat.Preface, .. header, .. frame], connection.ConnectionClosed);
        }
        catch (Exception exception) when (SessionPump.IsLoss(exception))
        {
            // The client is gone.
        }
    }

    private sealed class OfAddress
    {
        public int Count { get; set; }

        public LinkedList<ConnectionPass> Silent { get; } = [];

        public LinkedList<ConnectionPass> SilentHttp { get; } = [];
    }
}
