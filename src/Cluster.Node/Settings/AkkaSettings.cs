using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Cluster.Actors.Membership;

namespace Cluster.Node.Settings;

/// <summary>
/// What the node tells Akka. The operator's file comes first, so what must not be overridden in it is refused.
/// </summary>
internal static class AkkaSettings
{
    private static readonly string[] Levels = ["OFF", "ERROR", "WARNING", "INFO", "DEBUG"];

    /// <summary>What is read as a section, each after the one that it is in.</summary>
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

    /// <summary>Where the nodes talk to each other.</summary>
    private static readonly string[] Addresses = ["hostname", "port", "public-hostname", "public-port"];

    /// <summary>Of those that the node sets, the ones that no other class here looks at.</summary>
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

    /// <summary>What is wrong with section akka of the file, in a sentence; null if nothing is.</summary>
    /// <param name="options">Valid settings of the node.</param>
    /// <param name="file">The operator's file.</param>
    public static string? FindError(NodeOptions options, Config file)
    {
        if (Sections.FirstOrDefault(path => file.HasPath(path) && !file.GetValue(path).IsObject()) is { } flat)
            return $"{flat} is a section, and not '{AkkaValues.Text(file, flat)}'";
        // The node announces its journal as a role: without it, it would join a cluster that has another one.
        if (file.HasPath("akka.cluster.roles"))
            return "akka.cluster.roles: the node adds a role of its own to them: use ipc.role (--role)";
        if (file.HasPath("akka.cluster.seed-nodes"))
            return "akka.cluster.seed-nodes: the node joins by itself, not by Akka: use ipc.seed-nodes (--seed-nodes)";
        // Whether other machines may reach it was found out of the node's own settings, and whether it is free.
        if (Addresses.FirstOrDefault(name => file.HasPath($"akka.remote.dot-netty.tcp.{name}")) is { } address)
            return $"akka.remote.dot-netty.tcp.{address}: "
                + "use ipc.remote (--remote), or ipc.remote-bind (--remote-bind)";
        return FindErrorOfLevel(file, "akka.loglevel")
            ?? FindErrorOfLevel(file, "akka.stdout-loglevel")
            ?? Times.Select(path => AkkaValues.FindErrorOfTime(file, path)).FirstOrDefault(wrong => wrong is not null)
            ?? FailureDetectorSettings.FindError(file)
            ?? DowningSettings.FindError(file, file.WithFallback(Shipped(options)));
    }

    /// <summary>All that Akka is told: the file, the settings of the node, and what is shipped with it.</summary>
    /// <param name="options">The settings of the node.</param>
    /// <param name="file">The operator's file.</param>
    /// <param name="identity">What no other journal is called; null: it does not say.</param>
    public static Config Effective(NodeOptions options, Config file, string? identity)
    {
        HostPort.TryParse(options.Remote, out var remote);
        HostPort.TryParse(options.RemoteListen, out var bind);
        var own = ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp {
              hostname = "{{bind.Host}}", port = {{bind.Port}}
              public-hostname = "{{remote.Host}}", public-port = {{remote.Port}}
            }

            """);
        string[] ofJournal = identity is null ? [] : [JournalRole.Of(identity)];
        var roles = string.Join(", ", options.RoleNames.Concat(ofJournal).Select(role => $"\"{role}\""));
        own = own.WithFallback(ConfigurationFactory.ParseString($"akka.cluster.roles = [{roles}]"));
        var shipped = Shipped(options);
        return file.WithFallback(own).WithFallback(DowningSettings.Complete(file, file.WithFallback(shipped)))
            .WithFallback(shipped).WithFallback(JournalSettings.Configure(options)).WithFallback(OfModules());
    }

    // The modules add their defaults when they are first used. That is too late for their serializers: without these
    // the coordinator's snapshot is written as JSON, which it cannot be read from, after the first thousand events.
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
