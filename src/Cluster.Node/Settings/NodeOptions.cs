using System.Text;

namespace Cluster.Node.Settings;

/// <summary>
/// The settings of a node. Later sources override earlier ones: defaults, file, environment, command line.
/// </summary>
public sealed record NodeOptions
{
    private const string NoWeb = "none";
    private const int WebDistance = 1_000;
    private const string Unix = "unix:";

    // sockaddr_un of unix(7): 108 bytes, and the last one is NUL.
    private const int MostSocketPathBytes = 107;

    /// <summary>The valid values of <see cref="PassivateAfter"/>.</summary>
    internal const string Seconds = "a number of seconds from 1 to 2147483647";

    /// <summary>The valid values of <see cref="LinePort"/>.</summary>
    internal const string Port = "a port from 0 to 65535";

    /// <summary>
    /// Where the gateway listens: HOST:PORT (port 0 takes a free port), unix:PATH for a Unix socket, or both, separated by
    /// a comma.
    /// </summary>
    public string Listen { get; init; } = "127.0.0.1:5210";

    /// <summary>The address that clients are told to connect to; empty: the address of <see cref="Listen"/>.</summary>
    public string Advertise { get; init; } = "";

    /// <summary>
    /// Where health and metrics are served: HOST:PORT, or "none". Empty: on loopback, 1,000 above the port of
    /// <see cref="Listen"/>.
    /// </summary>
    public string Web { get; init; } = "";

    /// <summary>The directory of the embedded journal.</summary>
    public string Data { get; init; } = DefaultData;

    /// <summary>
    /// "sqlite", or "sqlite:FILE" for several nodes of one machine, or "postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    /// or an Npgsql connection string.
    /// </summary>
    public string Journal { get; init; } = "sqlite";

    /// <summary>The address of this node for other nodes: HOST:PORT. Port 0 takes a free port.</summary>
    public string Remote { get; init; } = "127.0.0.1:0";

    /// <summary>
    /// Where the node listens for other nodes, if address translation or a container makes that another address than
    /// <see cref="Remote"/>: HOST:PORT. Empty: the address of <see cref="Remote"/>.
    /// </summary>
    public string RemoteBind { get; init; } = "";

    /// <summary>
    /// The port of the peer links, at the host of <see cref="Remote"/>. 0 takes a free port; firewalls need a fixed
    /// one.
    /// </summary>
    public int LinePort { get; init; }

    /// <summary>The nodes to join, HOST:PORT each, separated by commas; null: this node starts a cluster.</summary>
    public string? SeedNodes { get; init; }

    /// <summary>
    /// The roles of this node, separated by commas; null: none. They have no meaning for the product itself.
    /// </summary>
    public string? Roles { get; init; }

    /// <summary>
    /// "default", or "fast": a silent node is declared dead sooner, and a healthy one by mistake more often.
    /// </summary>
    public string Profile { get; init; } = "default";

    /// <summary>Listen beyond loopback without TLS and authentication.</summary>
    public bool Insecure { get; init; }

    /// <summary>The certificate of the gateway, and what its authority has signed on the way: a PEM file; empty: no TLS.</summary>
    public string TlsCertificate { get; init; } = "";

    /// <summary>The private key of <see cref="TlsCertificate"/>: a PEM file.</summary>
    public string TlsKey { get; init; } = "";

    /// <summary>The authorities that sign the certificates of clients: a PEM file; empty: clients have none.</summary>
    public string TlsAuthority { get; init; } = "";

    /// <summary>The serial numbers of certificates that are not valid any more: a text file; empty: none.</summary>
    public string TlsRevoked { get; init; } = "";

    /// <summary>Which identities there are, and what each may: a JSON file; empty: see docs/security.md.</summary>
    public string Policy { get; init; } = "";

    /// <summary>The keys of the issuer of tokens, a JSON Web Key Set: a file; empty: the node takes no such tokens.</summary>
    public string JwtKeys { get; init; } = "";

    /// <summary>The issuer (iss) of tokens.</summary>
    public string JwtIssuer { get; init; } = "";

    /// <summary>The audience (aud) of tokens: this cluster.</summary>
    public string JwtAudience { get; init; } = "";

    /// <summary>
    /// Whether a caller on loopback is who it says it is. Null: yes, if the node listens on loopback alone and has
    /// neither a certificate nor a policy.
    /// </summary>
    public bool? TrustLoopback { get; init; }

    /// <summary>
    /// Where the audit goes: "none", "log", or "file:PATH". Empty: the log, unless the node trusts its callers.
    /// </summary>
    public string Audit { get; init; } = "";

    /// <summary>The format of the log: "line" for people, or "json".</summary>
    public string Log { get; init; } = "line";

    /// <summary>After how many seconds an idle entity leaves memory.</summary>
    public int PassivateAfter { get; init; } = 120;

    /// <summary>Persists each call separately. For the benchmark that shows the gain of group commit.</summary>
    public bool BenchmarkNoGroupCommit { get; init; }

    /// <summary>The default of <see cref="Data"/>: a directory in the user's local application data.</summary>
    /// <remarks>The directory is not made here: who gives a directory needs no home that can be written to.</remarks>
    public static string DefaultData => Path.Combine(
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "cluster-ipc");

    /// <summary>The first error of the settings, as a sentence; null: they are valid.</summary>
    public string? Validate()
    {
        if (FindErrorOfListen() is { } unheard) return unheard;
        if (!HostPort.TryParse(Remote, out var remote)) return Malformed("remote", Remote);
        if (!HostPort.TryParse(RemoteListen, out var bind)) return Malformed("remote-bind", RemoteBind);
        if (Web.Length > 0 && Web != NoWeb && !HostPort.TryParse(Web, out _)) return Malformed("web", Web);
        if (FindErrorOfSeeds() is { } unknown) return unknown;
        if (Data.Length == 0) return "data: the path of a directory is needed";
        if (LinePort is < 0 or > 65535) return $"line-port: {LinePort} is not {Port}";
        if (RoleNames.FirstOrDefault(role => !IsName(role)) is { } odd)
            return $"role: '{odd}' in '{Roles}' has to be letters, digits, - and _";
        if (Profile is not ("default" or "fast")) return $"profile: there is no '{Profile}': it is default or fast";
        if (Audit is not ("" or "none" or "log") && Audit is not ['f', 'i', 'l', 'e', ':', '/', _, ..])
            return $"audit: '{Audit}' is neither none nor log, nor file: and an absolute path";
        if (Log is not ("line" or "json")) return $"log: there is no '{Log}': it is line or json";
        if (PassivateAfter < 1) return $"passivate-after: {PassivateAfter} is not {Seconds}";
        if (Advertise.Length > 0 && !IsWebAddress(Advertise))
            return $"advertise: '{Advertise}' is not an address such as http://node1:5210";
        if (HasTls && Advertise.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
            return $"advertise: '{Advertise}' says that the node speaks in clear, and it has a certificate: https://";
        if (FindErrorOfTls() is { } unsafely) return unsafely;
        if (WebAddress is { IsLoopback: false } && !Insecure)
            return $"web: {Web} can be reached from other machines, and whoever reaches it may read it. "
                + "Use 127.0.0.1, or add --insecure if the network itself is trusted";
        if (!(remote.IsLoopback && bind.IsLoopback) && !HasNodeTls && !Insecure)
            return $"remote: {(remote.IsLoopback ? RemoteBind : Remote)} can be reached from other machines, "
                + "and the nodes do not authenticate each other. Give them certificates (--tls-certificate, --tls-key and "
                + "--tls-authority), use 127.0.0.1, or add --insecure if the network itself is trusted";
        return JournalSettings.Validate(Journal);
    }

    /// <summary>Where the gateway listens for TCP; null: nowhere.</summary>
    public HostPort? ListenAddress
    {
        get
        {
            foreach (var part in ListenParts)
            {
                if (!IsUnix(part) && HostPort.TryParse(part, out var address))
                    return address;
            }

            return null;
        }
    }

    /// <summary>The path of the Unix socket of the gateway; null: it has none.</summary>
    public string? ListenSocket =>
        ListenParts.FirstOrDefault(IsUnix)?[Unix.Length..];

    /// <summary>Whether the gateway speaks TLS on TCP.</summary>
    public bool HasTls => TlsCertificate.Length > 0;

    /// <summary>Whether nodes speak TLS with each other, and take only nodes with a certificate of the authority.</summary>
    public bool HasNodeTls => HasTls && TlsAuthority.Length > 0;

    /// <summary>Whether a caller over TCP that shows nothing is who it says it is.</summary>
    public bool TrustsCallers => TrustLoopback is true
        || (TrustLoopback is null && !HasTls && Policy.Length == 0 && JwtKeys.Length == 0 && (Insecure || ListenAddress is { IsLoopback: true }));

    /// <summary>Where the audit goes: "none", "log", or "file:PATH".</summary>
    public string EffectiveAudit => Audit.Length > 0 ? Audit : TrustsCallers ? "none" : "log";

    /// <summary>Where the node listens for other nodes: HOST:PORT.</summary>
    public string RemoteListen => RemoteBind.Length > 0 ? RemoteBind : Remote;

    /// <summary>Where health and metrics are served; null: nowhere.</summary>
    public HostPort? WebAddress
    {
        get
        {
            if (Web == NoWeb) return null;
            if (HostPort.TryParse(Web, out var web)) return web;
            // Derived from the other port, so that several nodes on one machine need only one --listen each.
            return ListenAddress is not { } listen || listen.Port is 0 or > ushort.MaxValue - WebDistance
                ? null
                : new HostPort("127.0.0.1", listen.Port + WebDistance);
        }
    }

    /// <summary>The nodes to join.</summary>
    public string[] Seeds => Entries(SeedNodes);

    /// <summary>The roles.</summary>
    public string[] RoleNames => Entries(Roles);

    /// <summary>Whether a text is an absolute HTTP or HTTPS URL.</summary>
    internal static bool IsWebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https");

    // An empty list is most likely a variable that was not set. Read as "no seeds", it would start a second cluster on
    // the same journal.
    private string? FindErrorOfSeeds()
    {
        if (SeedNodes is not null && string.IsNullOrWhiteSpace(SeedNodes))
            return "seed-nodes: it is empty: name nodes to join, or leave it out to start a cluster";
        foreach (var seed in Seeds)
        {
            if (seed.Length == 0) return $"seed-nodes: an entry of '{SeedNodes}' is empty";
            if (!HostPort.TryParse(seed, out var parsed)) return Malformed("seed-nodes", seed);
            if (parsed.Port == 0) return $"seed-nodes: '{seed}' cannot be joined: a port is 1 to 65535";
        }

        return null;
    }

    private string? FindErrorOfListen()
    {
        var parts = ListenParts;
        if (parts.Count(IsUnix) > 1 || parts.Count(part => !IsUnix(part)) > 1)
            return $"listen: '{Listen}' has more than one address and one Unix socket";
        foreach (var part in parts)
        {
            if (IsUnix(part) ? part[Unix.Length..] is not ['/', _, ..] : !HostPort.TryParse(part, out _))
                return $"listen: '{part}' is neither HOST:PORT, such as 127.0.0.1:5210, nor unix:PATH with an absolute path";
            if (IsUnix(part) && Encoding.UTF8.GetByteCount(part) - Unix.Length > MostSocketPathBytes)
                return $"listen: '{part}' has a path of more than {MostSocketPathBytes} bytes, which no Unix socket has";
        }

        return null;
    }

    private string? FindErrorOfTls()
    {
        if (HasTls != TlsKey.Length > 0)
            return $"{(HasTls ? "tls-key" : "tls-certificate")}: it is missing: a certificate and its key come together";
        if (!HasTls && TlsAuthority.Length > 0) return "tls-authority: it needs tls-certificate and tls-key";
        if (TlsAuthority.Length == 0 && TlsRevoked.Length > 0) return "tls-revoked: it needs tls-authority";
        var isOpen = ListenAddress is { IsLoopback: false };
        if (isOpen && TrustLoopback is true)
            return $"trust-loopback: {Listen} can be reached from other machines, and their callers would be trusted too";
        if (isOpen && !HasTls && !Insecure)
            return $"listen: {Listen} can be reached from other machines, and the node has no certificate: give it one "
                + "(--tls-certificate and --tls-key: 'ipc certs' makes them), listen on 127.0.0.1, or add --insecure if "
                + "the network itself is trusted";
        if (JwtKeys.Length > 0 != JwtIssuer.Length > 0 || JwtKeys.Length > 0 != JwtAudience.Length > 0)
            return "jwt-keys: jwt-keys, jwt-issuer and jwt-audience come together";
        if (ListenAddress is not null && !TrustsCallers && TlsAuthority.Length == 0 && Policy.Length == 0 && JwtKeys.Length == 0)
            return "tls-authority: nobody could call this node: it needs the authority of the clients' certificates, a "
                + "--policy with tokens, or --jwt-keys";
        return null;
    }

    private string[] ListenParts => Entries(Listen);

    private static bool IsUnix(string part) => part.StartsWith(Unix, StringComparison.Ordinal);

    private static bool IsName(string role) =>
        role.Length > 0 && role.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string[] Entries(string? list) => list?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    private static string Malformed(string name, string value) =>
        $"{name}: '{value}' is not HOST:PORT, such as 127.0.0.1:5210";
}
