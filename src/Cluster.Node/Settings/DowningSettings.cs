using System.Globalization;
using Akka.Cluster;
using Akka.Configuration;
using Cluster.Actors.Membership;

namespace Cluster.Node.Settings;

/// <summary>
/// What the operator's file says about giving nodes up. Akka finds out what is wrong with it only in an actor, which
/// takes the actor system with it, and never that a node could go on speaking for longer than the others wait.
/// </summary>
internal static class DowningSettings
{
    private const string Provider = "akka.cluster.downing-provider-class";
    private const string Margin = "akka.cluster.down-removal-margin";
    private const string Resolver = "akka.cluster.split-brain-resolver";
    private const string Active = $"{Resolver}.active-strategy";
    private const string StableAfter = $"{Resolver}.stable-after";
    private const string QuorumStrategy = "static-quorum";

    // Akka has one more, which needs a lease that is kept elsewhere: the node has none.
    private static readonly string[] Strategies = ["keep-majority", QuorumStrategy, "keep-oldest", "down-all"];

    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(MembershipOptions.DefaultLeaseMs);

    /// <summary>What is wrong, in a sentence; null if nothing is.</summary>
    /// <param name="file">The operator's file alone: what is shipped is right.</param>
    /// <param name="given">The file, and what is shipped below it.</param>
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
    /// How long the others wait before they begin with what a lost node had, where the file leaves it to the node.
    /// </summary>
    /// <param name="file">The operator's file, which is right.</param>
    /// <param name="given">The file, and what is shipped below it.</param>
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
        // Akka's word for none.
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

    // Only a majority of all nodes knows of itself that nobody has given it up.
    private static TimeSpan Least(Config given)
    {
        var stableAfter = AkkaValues.ReadTime(given, StableAfter) ?? TimeSpan.Zero;
        return DowningStrategy.KeepsMajority(given) || stableAfter < Lease ? Lease : stableAfter;
    }
}
