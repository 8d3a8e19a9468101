using System.Net;
using System.Net.Sockets;
using Cluster.Node.Gateway;
using Cluster.Node.Settings;

namespace Cluster.Node.Startup;

/// <summary>
/// Checks that the node's ports are free before anything else happens, so that a node that cannot listen leaves no
/// files and no membership behind.
/// </summary>
internal static class Ports
{
    /// <summary>Compares the addresses of the settings with each other, and binds each one for a moment.</summary>
    /// <exception cref="StartException">An address is in use or unavailable.</exception>
    public static void Check(NodeOptions options)
    {
        var claims = Claims(options).ToArray();
        foreach (var (second, i) in claims.Select((claim, i) => (claim, i)))
        {
            if (claims[..i].FirstOrDefault(first => Overlap(first, second)) is { } first)
                throw new StartException(
                    $"cannot listen on {second.Text}: {first.Setting} and {second.Setting} are the "
                    + "same address; give them two");
        }

        foreach (var claim in claims) Try(claim);
    }

    /// <summary>The exception for an unavailable address, with advice.</summary>
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

    private static IEnumerable<Claim> Claims(NodeOptions options)
    {
        if (options.ListenAddress is { } listen)
            yield return new Claim("listen", $"{listen}", listen.Port, OfWeb(listen.Host));
        HostPort.TryParse(options.RemoteListen, out var remote);
        var remoteSetting = options.RemoteBind.Length > 0 ? "remote-bind" : "remote";
        yield return new Claim(remoteSetting, options.RemoteListen, remote.Port, OfRemoting(remote.Host));
        var line = remote with { Port = options.LinePort };
        yield return new Claim("line-port", $"{line}", line.Port, OfRemoting(line.Host));
        if (options.WebAddress is { } web) yield return new Claim("web", $"{web}", web.Port, OfWeb(web.Host));
    }

    // Kestrel binds both loopback addresses for localhost, and the wildcard address for any other name.
    private static IPAddress[] OfWeb(string host) =>
        host == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
        : IPAddress.TryParse(host, out var address) ? [Plain(address)]
        : [IPAddress.IPv6Any];

    // A name is resolved when it is bound, so it is not checked here.
    private static IPAddress[] OfRemoting(string host) =>
        host == "localhost" ? [IPAddress.Loopback]
        : IPAddress.TryParse(host, out var address) ? [Plain(address)]
        : [];

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // Port 0 never collides: the kernel chooses a free port.
    private static bool Overlap(Claim first, Claim second) =>
        first.Port != 0 && first.Port == second.Port
        && first.Addresses.Any(one => second.Addresses.Any(other => Covers(one, other) || Covers(other, one)));

    // [::] also accepts IPv4.
    private static bool Covers(IPAddress one, IPAddress other) =>
        one.Equals(other) || one.Equals(IPAddress.IPv6Any)
        || (one.Equals(IPAddress.Any) && other.AddressFamily == AddressFamily.InterNetwork);

    private static void Try(Claim claim)
    {
        if (claim.Port == 0) return;
        foreach (var address in claim.Addresses)
        {
            try
            {
                using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
                socket.Bind(new IPEndPoint(address, claim.Port));
                socket.Listen(1);
            }
            catch (SocketException exception) when (IsWithoutIPv6(address, exception))
            {
                // The machine has no IPv6: IPv4 is enough.
            }
            catch (SocketException exception)
            {
                throw Refusal(claim.Setting, claim.Text, exception);
            }
        }
    }

    // The operator gave a name, not an IPv6 address, so IPv6 may be missing.
    private static bool IsWithoutIPv6(IPAddress address, SocketException exception) =>
        (address.Equals(IPAddress.IPv6Loopback) || address.Equals(IPAddress.IPv6Any))
        && exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;

    private sealed record Claim(string Setting, string Text, int Port, IPAddress[] Addresses);
}
