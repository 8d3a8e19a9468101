using Akka.Configuration;

namespace Cluster.Actors.Membership;

/// <summary>Reads how Akka's split-brain resolver decides.</summary>
public static class DowningStrategy
{
    /// <summary>
    /// Whether only a majority of all nodes may declare other nodes dead. Otherwise Akka's resolver alone decides.
    /// </summary>
    /// <param name="config">The configuration that Akka gets.</param>
    public static bool KeepsMajority(Config config)
    {
        var resolver = config.GetConfig("akka.cluster.split-brain-resolver");
        return resolver?.GetString("active-strategy") == "keep-majority"
            && string.IsNullOrEmpty(resolver.GetString("keep-majority.role"));
    }
}
