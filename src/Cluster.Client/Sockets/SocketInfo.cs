using System.Net.Sockets;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>SO_PEERCRED of unix(7).</summary>
/// <param name="Pid">The process.</param>
/// <param name="Uid">Its user.</param>
/// <param name="Gid">Its group.</param>
public readonly record struct SocketCredentials(int Pid, uint Uid, uint Gid)
{
    internal static SocketCredentials From(SocketPeer? peer) => peer is null ? default : new(peer.Pid, peer.Uid, peer.Gid);
}

/// <summary>What a socket does: the column State of ss(8).</summary>
public enum SocketCondition
{
    /// <summary>UNCONN: not connected, and not listening.</summary>
    Unconnected = SocketState.Unconnected,

    /// <summary>SYN-SENT: connect(2) waits.</summary>
    Connecting = SocketState.Connecting,

    /// <summary>ESTAB: connected, and in the backlog.</summary>
    Queued = SocketState.Queued,

    /// <summary>ESTAB: connected.</summary>
    Connected = SocketState.Connected,

    /// <summary>LISTEN.</summary>
    Listening = SocketState.Listening,
}

/// <summary>One end of a connection.</summary>
/// <param name="Number">The number of its description; 0: it was not accepted yet.</param>
/// <param name="IsOpen">Whether somebody has it open.</param>
/// <param name="Receivable">Bytes that can be received: SIOCINQ.</param>
/// <param name="Peer">Who has the other end.</param>
/// <param name="Holders">The processes that have it open.</param>
public sealed record SocketEndInfo(
    long Number, bool IsOpen, long Receivable, SocketCredentials Peer, IReadOnlyList<int> Holders);

/// <summary>A socket as ss(8) shows it: one that listens, or a connection with both ends.</summary>
/// <param name="Id">The number of the socket in its namespace.</param>
/// <param name="Name">Of the socket that listens, also for its connections; empty: there is none.</param>
/// <param name="Type">The type.</param>
/// <param name="Condition">What it does.</param>
/// <param name="Backlog">Connections that may wait for accept(2).</param>
/// <param name="Queued">Connections that wait for accept(2).</param>
/// <param name="IsListener">Whether it has the name itself.</param>
/// <param name="Ends">Of a connection: that of connect(2), and that of accept(2). Of a socket with a name: it alone.</param>
public sealed record SocketInfo(
    int Id,
    string Name,
    SocketType Type,
    SocketCondition Condition,
    int Backlog,
    int Queued,
    bool IsListener,
    IReadOnlyList<SocketEndInfo> Ends)
{
    internal static SocketInfo From(int id, SocketStatus status) => new(
        id,
        status.Name,
        (SocketType)status.Type,
        (SocketCondition)status.State,
        status.Backlog,
        status.Queued,
        status.Ends.Count == 1,
        [.. status.Ends.Select(end => new SocketEndInfo(
            end.Description, end.Open, end.Receivable, SocketCredentials.From(end.Peer), [.. end.Holders]))]);
}
