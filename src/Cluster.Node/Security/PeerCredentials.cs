using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Cluster.Node.Security;

/// <summary>Who is at the other end of a Unix socket, as the kernel says: SO_PEERCRED of unix(7).</summary>
/// <param name="Pid">The process that connected.</param>
/// <param name="Uid">Its effective user then.</param>
/// <param name="Gid">Its effective group then.</param>
/// <param name="Groups">Its supplementary groups then.</param>
internal sealed record PeerCredentials(int Pid, uint Uid, uint Gid, IReadOnlyList<uint> Groups)
{
    // asm-generic/socket.h, which x86-64 and arm64 use.
    private const int SolSocket = 1;
    private const int SoPeercred = 17;
    private const int SoPeergroups = 59;

    // NGROUPS_MAX of Linux, credentials(7).
    private const int MostGroups = 65_536;

    /// <summary>Asks the kernel; null: the socket is no Unix socket.</summary>
    public static PeerCredentials? Of(Socket? socket)
    {
        if (socket is not { AddressFamily: AddressFamily.Unix }) return null;
        Span<uint> credentials = stackalloc uint[3]; // struct ucred
        socket.GetRawSocketOption(SolSocket, SoPeercred, MemoryMarshal.AsBytes(credentials));
        var groups = new uint[256];
        int length;
        try
        {
            length = socket.GetRawSocketOption(SolSocket, SoPeergroups, MemoryMarshal.AsBytes(groups.AsSpan()));
        }
        catch (SocketException)
        {
            // ERANGE: there are more.
            groups = new uint[MostGroups];
            length = socket.GetRawSocketOption(SolSocket, SoPeergroups, MemoryMarshal.AsBytes(groups.AsSpan()));
        }

        return new PeerCredentials((int)credentials[0], credentials[1], credentials[2], groups[..(length / sizeof(uint))]);
    }
}
