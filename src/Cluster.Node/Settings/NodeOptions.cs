using System.Net;

namespace Cluster.Node.Settings;

/// <summary>
/// The settings of a node, read once and checked. One order of precedence: defaults, file, environment, command line.
/// </summary>
public sealed record NodeOptions
{
    private const string NoWeb = "none";
    private const int WebDistance = 1_000;

    /// <summary>What <see cref="PassivateAfter"/> has to be.</summary>
    internal const string Seconds = "a number of seconds from 1 to 2147483647";

    /// <summary>What <see cref="LinePort"/> has to be.</summary>
    internal const string Port = "a port from 0 to 65535";

    /// <summary>Where the gateway listens: HOST:PORT. Port 0 takes a free one.</summary>
    public string Listen { get; init; } = "127.0.0.1:5210";

    /// <summary>The address that clients are told to come to; empty: where it listens.</summary>
    public string Advertise { get; init; } = "";

    /// <summary>
    /// Where health and metrics are served: HOST:PORT, or "none"; empty: on loopback, a fixed distance above the port
    /// of
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

    /// <summary>Where the nodes talk to each other: HOST:PORT. Port 0 takes a free one.</summary>
    public string Remote { get; init; } = "127.0.0.1:0";

    /// <summary>
    /// Where the node listens for the others if that is not <see cref="Remote"/>: HOST:PORT, behind address translation
    /// or in a container. Empty: there.
    /// </summary>
    public string RemoteBind { get; init; } = "";

    /// <summary>
    /// The port, at the host of <see cref="Remote"/>, over which nodes watch each other; 0 takes a free one. For
    /// firewalls.
    /// </summary>
    public int LinePort { get; init; }

    /// <summary>Nodes to join, HOST:PORT each, separated by commas; null: this node starts a cluster.</summary>
    public string? SeedNodes { get; init; }

    /// <summary>
    /// Roles of this node, separated by commas; null: it has none. They mean nothing to the product itself.
    /// </summary>
    public string? Roles { get; init; }

    /// <summary>"default", or "fast": a node that is silent is given up sooner, and by mistake sooner too.</summary>
    public string Profile { get; init; } = "default";

    /// <summary>Listen beyond loopback without TLS and authentication.</summary>
    public bool Insecure { get; init; }

    /// <summary>How it logs: "line" for people, or "json".</summary>
    public string Log { get; init; } = "line";

    /// <summary>Seconds after which an entity that nobody calls is taken out of memory.</summary>
    public int PassivateAfter { get; init; } = 120;

    /// <summary>Each call is persisted by itself. For the benchmark that shows what group commit is worth.</summary>
    public bool BenchmarkNoGroupCommit { get; init; }

    /// <summary>Below the user's local application data.</summary>
    public static string DefaultData => Path.Combine(
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
        "cluster-ipc");

    /// <summary>What is wrong with the settings, in a sentence; null if nothing is.</summary>
    public string? Validate()
    {
        if (!HostPort.TryParse(Listen, out var listen)) return Malformed("listen", Listen);
        if (!HostPort.TryParse(Remote, out var remote)) return Malformed("remote", Remote);
        if (!HostPort.TryParse(RemoteListen, out var bind)) return Malformed("remote-bind", RemoteBind);
        if (Web.Length > 0 && Web != NoWeb && !HostPort.TryParse(Web, out _)) return Malformed("web", Web);
        if (FindErrorOfSeeds() is { } unknown) return unknown;
        if (Data.Length == 0) return "data: the path of a directory is needed";
        if (LinePort is < 0 or > 65535) return $"line-port: {LinePort} is not {Port}";
        if (RoleNames.FirstOrDefault(role => !IsName(role)) is { } odd)
            return $"role: '{odd}' in '{Roles}' has to be letters, digits, - and _";
        if (Profile is not ("default" or "fast")) return $"profile: there is no '{Profile}': it is default or fast";
        if (Log is not ("line" or "json")) return $"log: there is no '{Log}': it is line or json";
        if (PassivateAfter < 1) return $"passivate-after: {PassivateAfter} is not {Seconds}";
        if (Advertise.Length > 0 && !IsWebAddress(Advertise))
            return $"advertise: '{Advertise}' is not an address such as http://node1:5210";
        if (!listen.IsLoopback && !Insecure)
            return $"listen: {Listen} can be reached from other machines, and this version has no TLS and no "
                + "authentication yet. Listen on 127.0.0.1, or add --insecure if the network itself is trusted";
        if (WebAddress is { IsLoopback: false } && !Insecure)
            return $"web: {Web} can be reached from other machines, and whoever reaches it may read it. "
                + "Use 127.0.0.1, or add --insecure if the network itself is trusted";
        if (!(remote.IsLoopback && bind.IsLoopback) && !Insecure)
            return $"remote: {(remote.IsLoopback ? RemoteBind : Remote)} can be reached from other machines, "
                + "and the nodes do not authenticate each other. "
                + "Use 127.0.0.1, or add --insecure if the network itself is trusted";
        return JournalSettings.Validate(Journal);
    }

    /// <summary>Where the node listens for the others: HOST:PORT.</summary>
    public string RemoteListen => RemoteBind.Length > 0 ? RemoteBind : Remote;

    /// <summary>Where health and metrics are served; null: nowhere.</summary>
    public HostPort? WebAddress
    {
        get
        {
            if (Web == NoWeb) return null;
            if (HostPort.TryParse(Web, out var web)) return web;
            // So that several nodes of one machine need no more than a port each for their clients.
            HostPort.TryParse(Listen, out var listen);
            return listen.Port is 0 or > ushort.MaxValue - WebDistance
                ? null
                : new HostPort("127.0.0.1", listen.Port + WebDistance);
        }
    }

    /// <summary>The nodes to join.</summary>
    public string[] Seeds => Entries(SeedNodes);

    /// <summary>The roles.</summary>
    public string[] RoleNames => Entries(Roles);

    /// <summary>Whether it is an absolute URL of HTTP.</summary>
    internal static bool IsWebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https");

    // An empty list is a variable that was not set: as no seed at all it would start a cluster beside the one that is
    // there, on the same journal.
    private string? FindErrorOfSeeds()
    {
        if (SeedNodes is not null && string.IsNullOrWhiteSpace(SeedNodes))
            return "seed-nodes: it is empty: name nodes to join, or leave it out to start a cluster";
        foreach (var seed in Seeds)
        {
            if (seed.Length == 0) return $"seed-nodes: an entry of '{SeedNodes}' is empty";
            if (!HostPort.TryParse(seed, out var parsed)) return Malformed("seed-nodes", seed);
            if (parsed.Port == 0) return $"seed-nodes: '{seed}' is nowhere to come to: a port is 1 to 65535";
        }

        return null;
    }

    private static bool IsName(string role) =>
        role.Length > 0 && role.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static string[] Entries(string? list) => list?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    private static string Malformed(string name, string value) =>
        $"{name}: '{value}' is not HOST:PORT, such as 127.0.0.1:5210";
}
