using System.Net;
using System.Net.Sockets;

namespace Cluster.Node.Hosting;

/// <summary>
/// Finds out whether the node's ports are free before anything else is done: so a node that cannot listen leaves
/// nothing behind.
/// </summary>
internal static class Ports
{
    /// <summary>Binds each address for a moment.</summary>
    /// <exception cref="StartException">One cannot be had.</exception>
    public static void Check(NodeOptions options)
    {
        HostPort.TryParse(options.Listen, out var listen);
        Check("listen", options.Listen, listen);
        HostPort.TryParse(options.RemoteListen, out var remote);
        Check(options.RemoteBind.Length > 0 ? "remote-bind" : "remote", options.RemoteListen, remote);
        if (options.WebAddress is { } web)
        {
            Check("web", $"{web}", web);
            if (web.Port != 0 && (web == listen || web == remote))
                throw new StartException($"cannot listen on {web}: web is the address of listen or of remote; give it another");
        }

        if (listen.Port != 0 && listen == remote)
            throw new StartException($"cannot listen on {options.Listen}: listen and remote are the same address; "
                + "give them two");
    }

    /// <summary>What to say of an address that could not be had.</summary>
    public static StartException Refusal(string setting, string address, SocketException exception)
    {
        var advice = exception.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"address already in use: stop what listens there, or choose another port with --{setting}",
            SocketError.AddressNotAvailable =>
                $"this machine has no such address: choose one that it has with --{setting}",
            SocketError.AccessDenied =>
                $"permission denied: choose a port from 1024 with --{setting}",
            _ => $"{exception.Message}: choose another address with --{setting}",
        };
        return new StartException($"cannot listen on {address}: {advice}");
    }

    private static void Check(string setting, string text, HostPort wanted)
    {
        // A port that the kernel chooses is free, and a name is for the one who binds it to resolve.
        if (wanted.Port == 0) return;
        var host = wanted.Host == "localhost" ? "127.0.0.1" : wanted.Host;
        if (!IPAddress.TryParse(host, out var address)) return;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, wanted.Port));
            socket.Listen(1);
        }
        catch (SocketException exception)
        {
            throw Refusal(setting, text, exception);
        }
    }
}
