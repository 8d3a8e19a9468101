using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Cluster.Actors.Membership;

namespace Cluster.Node.Settings;

/// <summary>
/// The configuration of Akka. The operator's file overrides everything, so the node refuses a file that overrides what
/// must stay.
/// </summary>
internal static class AkkaSettings
{
    private static readonly string[] Levels = ["OFF", "ERROR", "WARNING", "INFO", "DEBUG"];

    /// <summary>The paths that must be sections, each after the section that contains it.</summary>
    private static readonly string[] Sections =
    [
        "akka",
        "akka.actor",
        "akka.cluster",
        "akka.cluster.sharding",
        "akka.cluster.singleton",
        "akka.cluster.split-brain-resolver",
        "akka.remote",
        "akka.remote.dot-netty",
        "akka.remote.dot-netty.tcp",
    ];

    /// <summary>The settings of the address for other nodes.</summary>
    private static readonly string[] Addresses = ["hostname", "port", "public-hostname", "public-port"];

    /// <summary>The settings of TLS between nodes.</summary>
    private static readonly string[] Tls = ["enabled-transports", "tls", "dot-netty.tcp.enable-ssl", "dot-netty.tcp.ssl"];

    /// <summary>The settings that say which types the node makes of the messages of others.</summary>
    private static readonly string[] Serialization = ["serializers", "serialization-bindings", "serialization-identifiers"];

    /// <summary>The times that this class checks; other classes check the rest.</summary>
    private static readonly string[] Times =
    [
        "akka.cluster.gossip-interval",
        "akka.cluster.leader-actions-interval",
        "akka.cluster.unreachable-nodes-reaper-interval",
        "akka.cluster.sharding.rebalance-interval",
        "akka.cluster.sharding.retry-interval",
        "akka.cluster.sharding.updating-state-timeout",
        "akka.cluster.sharding.handoff-timeout",
        "akka.cluster.singleton.hand-over-retry-interval",
    ];

    /// <summary>The first error of section akka of the file, as a sentence; null: it is valid.</summary>
    /// <param name="options">Valid settings of the node.</param>
    /// <param name="file">The operator's file.</param>
    public static string? FindError(NodeOptions options, Config file)
    {
        if (Sections.FirstOrDefault(path => file.HasPath(path) && !file.GetValue(path).IsObject()) is { } flat)
            return $"{flat} is a section, and not '{AkkaValues.Text(file, flat)}'";
        // The node announces its journal as a role. Without that role it could join a cluster with another journal.
        if (file.HasPath("akka.cluster.roles"))
            return "akka.cluster.roles: the node adds a role of its own to them: use ipc.role (--role)";
        if (file.HasPath("akka.cluster.seed-nodes"))
            return "akka.cluster.seed-nodes: the node joins by itself, not by Akka: use ipc.seed-nodes (--seed-nodes)";
        // The node's own settings were checked for a free port and for access from other machines.
        if (Tls.FirstOrDefault(name => file.HasPath($"akka.remote.{name}")) is { } tls)
            return $"akka.remote.{tls}: use ipc.tls-certificate, ipc.tls-key and ipc.tls-authority";
        if (Addresses.FirstOrDefault(name => file.HasPath($"akka.remote.dot-netty.tcp.{name}")) is { } address)
            return $"akka.remote.dot-netty.tcp.{address}: "
                + "use ipc.remote (--remote), or ipc.remote-bind (--remote-bind)";
        // Whoever reaches the port of remoting could have objects of any type made by another serializer.
        if (Serialization.FirstOrDefault(name => file.HasPath($"akka.actor.{name}")) is { } serialization)
            return $"akka.actor.{serialization}: the node takes the product's messages and Akka's own, and no others";
        return FindErrorOfLevel(file, "akka.loglevel")
            ?? FindErrorOfLevel(file, "akka.stdout-loglevel")
            ?? Times.Select(path => AkkaValues.FindErrorOfTime(file, path)).FirstOrDefault(wrong => wrong is not null)
            ?? FailureDetectorSettings.FindError(file)
            ?? DowningSettings.FindError(file, file.WithFallback(Shipped(options)));
    }

    /// <summary>The whole configuration: the file, the settings of the node, and the shipped defaults.</summary>
    /// <param name="options">The settings of the node.</param>
    /// <param name="file">The operator's file.</param>
    /// <param name="identity">The unique name of the journal; null: unknown.</param>
    public static Config Effective(NodeOptions options, Config file, string? identity)
    {
        HostPort.TryParse(options.Remote, out var remote);
        HostPort.TryParse(options.RemoteListen, out var bind);
        var transport = options.HasNodeTls ? "tls" : "dot-netty.tcp";
        var own = ConfigurationFactory.ParseString($$"""
            akka.remote.{{transport}} {
              hostname = "{{bind.Host}}", port = {{bind.Port}}
              public-hostname = "{{remote.Host}}", public-port = {{remote.Port}}
            }
            akka.remote.enabled-transports = ["akka.remote.{{transport}}"]

            """);
        string[] ofJournal = identity is null ? [] : [JournalRole.Of(identity)];
        var roles = string.Join(", ", options.RoleNames.Concat(ofJournal).Select(role => $"\"{role}\""));
        own = own.WithFallback(ConfigurationFactory.ParseString($"akka.cluster.roles = [{roles}]"));
        var shipped = Shipped(options);
        return file.WithFallback(own).WithFallback(DowningSettings.Complete(file, file.WithFallback(shipped)))
            .WithFallback(shipped).WithFallback(JournalSettings.Configure(options)).WithFallback(OfModules());
    }

    // Akka's modules add their defaults when they are first used. That is too late for their serializers: without them
    // the shard coordinator would write its snapshot, after the first thousand events, as JSON that it cannot read.
    private static Config OfModules() => ClusterSharding.DefaultConfig()
        .WithFallback(ClusterSingleton.DefaultConfig())
        .WithFallback(DistributedData.DefaultConfig());

    private static string? FindErrorOfLevel(Config file, string path) =>
        !file.HasPath(path) || Levels.Contains(AkkaValues.Text(file, path).ToUpperInvariant())
            ? null
            : $"{path}: there is no '{AkkaValues.Text(file, path)}': there are {string.Join(", ", Levels)}";

    private static Config Shipped(NodeOptions options) => options.Profile == "default"
        ? Shipped("node.conf")
        : Shipped($"{options.Profile}.conf").WithFallback(Shipped("node.conf"));

    private static Config Shipped(string name) =>
        ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", name)));
}
