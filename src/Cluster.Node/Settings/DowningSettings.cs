using System.Globalization;
using Akka.Cluster;
using Akka.Configuration;
using Cluster.Actors.Membership;

namespace Cluster.Node.Settings;

/// <summary>
/// Checks the settings for declaring nodes dead in the operator's file. Akka checks them only in an actor, whose
/// failure ends the actor system, and never checks that a dead node's lease ends before the others start its objects.
/// </summary>
internal static class DowningSettings
{
    private const string Provider = "akka.cluster.downing-provider-class";
    private const string Margin = "akka.cluster.down-removal-margin";
    private const string Resolver = "akka.cluster.split-brain-resolver";
    private const string Active = $"{Resolver}.active-strategy";
    private const string StableAfter = $"{Resolver}.stable-after";
    private const string QuorumStrategy = "static-quorum";

    // Akka has one more strategy, lease-majority. It needs an external lease, which the node does not have.
    private static readonly string[] Strategies = ["keep-majority", QuorumStrategy, "keep-oldest", "down-all"];

    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(MembershipOptions.DefaultLeaseMs);

    /// <summary>The first error, as a sentence; null: the settings are valid.</summary>
    /// <param name="file">The operator's file alone: the shipped settings are valid.</param>
    /// <param name="given">The file, with the shipped settings as fallback.</param>
    public static string? FindError(Config file, Config given)
    {
        if (file.HasPath(Provider) && AkkaValues.Text(file, Provider).Length > 0
            && AkkaValues.FindErrorOfClass(
                file, Provider, typeof(IDowningProvider),
                "the class of a downing provider, such as "
                + "\"Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster\"") is { } wrong)
            return wrong;
        var strategy = file.HasPath(Active) ? AkkaValues.Text(file, Active) : null;
        if (strategy is not null && !Strategies.Contains(strategy))
            return $"{Active}: there is no '{strategy}': there are {string.Join(", ", Strategies)}";
        const string size = $"{Resolver}.{QuorumStrategy}.quorum-size";
        if (strategy == QuorumStrategy && !(file.HasPath(size) && AkkaValues.IsCount(AkkaValues.Text(file, size))))
            return $"{size}: a number of nodes from 1 is needed with {QuorumStrategy}";
        return AkkaValues.FindErrorOfTime(file, StableAfter)
            ?? FindErrorOfUnrest(file)
            ?? AkkaValues.FindErrorOfSwitch(file, $"{Resolver}.keep-oldest.down-if-alone")
            ?? FindErrorOfMargin(file, given);
    }

    /// <summary>
    /// Sets how long the others wait before they start the objects of a removed node, if the file does not set it and
    /// the shipped time is too short.
    /// </summary>
    /// <param name="file">The operator's file, which is valid.</param>
    /// <param name="given">The file, with the shipped settings as fallback.</param>
    public static Config Complete(Config file, Config given)
    {
        if (file.HasPath(Margin) || !(Least(given) > AkkaValues.ReadTime(given, Margin))) return Config.Empty;
        return ConfigurationFactory.ParseString(string.Create(
            CultureInfo.InvariantCulture, $"{Margin} = {Math.Ceiling(Least(given).TotalMilliseconds)} ms"));
    }

    private static string? FindErrorOfUnrest(Config file)
    {
        const string unstable = $"{Resolver}.down-all-when-unstable";
        if (!file.HasPath(unstable) || AkkaValues.Text(file, unstable) is "on" or "off") return null;
        return AkkaValues.FindErrorOfTime(file, unstable) is { } wrong ? $"{wrong}, nor on or off" : null;
    }

    private static string? FindErrorOfMargin(Config file, Config given)
    {
        if (!file.HasPath(Margin)) return null;
        var text = AkkaValues.Text(file, Margin);
        // Akka's word for no wait.
        if (text != "off" && AkkaValues.FindErrorOfPause(file, Margin) is { } wrong) return wrong;
        var margin = text == "off" ? TimeSpan.Zero : AkkaValues.ReadTime(file, Margin);
        if (margin < Lease)
            return $"{Margin}: '{text}' has to be at least {MembershipOptions.DefaultLeaseMs}ms: for so long a node "
                + "that was given up may answer from what it had";
        return margin < Least(given)
            ? $"{Margin}: '{text}' has to be at least {StableAfter}, which is '{AkkaValues.Text(given, StableAfter)}', "
                + "unless the strategy is keep-majority of all nodes: for so long a side that was given up goes on"
            : null;
    }

    // Only with keep-majority of all nodes does a lease show that no other side has declared this one dead.
    private static TimeSpan Least(Config given)
    {
        var stableAfter = AkkaValues.ReadTime(given, StableAfter) ?? TimeSpan.Zero;
        return DowningStrategy.KeepsMajority(given) || stableAfter < Lease ? Lease : stableAfter;
    }
}
