namespace Cluster.Client;

/// <summary>
/// The addresses of gateways: http://HOST:PORT, https://HOST:PORT (or ipcs://) with TLS, and unix:PATH.
/// </summary>
internal static class GatewayAddress
{
    private const string Unix = "unix";

    /// <summary>What addresses are, for people.</summary>
    public const string Expected = "an http:// or https:// address, or unix: and an absolute path";

    /// <summary>Whether a text is an address.</summary>
    public static bool IsValid(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme is "http" or "https" or "ipc" or "ipcs" || (IsUnix(uri) && uri.AbsolutePath is ['/', _, ..]));

    /// <summary>The address in the form that all code but this uses: http, https or unix.</summary>
    public static Uri Resolve(string address)
    {
        var uri = new Uri(HasScheme(address) ? address : "http://" + address);
        return uri.Scheme switch
        {
            "ipc" => new Uri("http" + uri.OriginalString[3..]),
            "ipcs" => new Uri("https" + uri.OriginalString[4..]),
            _ => uri,
        };
    }

    /// <summary>Refuses an address at which a token would be sent in clear.</summary>
    /// <exception cref="IOException">It is one.</exception>
    public static void CheckToken(Uri address, string token)
    {
        if (token.Length > 0 && address.Scheme == Uri.UriSchemeHttp)
            throw new IOException($"{address} would get the token in clear: a token needs https:// or unix:");
    }

    /// <summary>Whether an address is a Unix socket.</summary>
    public static bool IsUnix(Uri address) => address.Scheme == Unix;

    /// <summary>The path of a Unix socket.</summary>
    public static string PathOf(Uri address) => Uri.UnescapeDataString(address.AbsolutePath);

    // A node may name itself HOST:PORT.
    private static bool HasScheme(string address) =>
        address.Contains("://", StringComparison.Ordinal) || address.StartsWith(Unix + ":/", StringComparison.Ordinal);
}
