using System.Net;

namespace Cluster.Node.Settings;

/// <summary>A host and a port.</summary>
/// <param name="Host">A name or an address, without brackets.</param>
/// <param name="Port">0 to 65535.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Whether only this machine can reach the address.</summary>
    public bool IsLoopback =>
        Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The host at which this machine reaches the address: loopback for a wildcard address.</summary>
    public string Reachable =>
        Host switch { "0.0.0.0" => "127.0.0.1", "::" => "[::1]", _ => IsV6 ? $"[{Host}]" : Host };

    private bool IsV6 => Host.Contains(':');

    public override string ToString() => IsV6 ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Parses HOST:PORT and [ADDRESS]:PORT.</summary>
    public static bool TryParse(string text, out HostPort parsed)
    {
        parsed = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), out var port)) return false;
        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        else if (host.Contains(':')) return false;
        parsed = new HostPort(host, port);
        return Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }
}
