using System.Globalization;
using Akka.Cluster;
using Akka.Cluster.SBR;
using Akka.Configuration;

namespace Cluster.Node.Hosting;

/// <summary>
/// What the operator's file says about giving nodes up. Akka finds out what is wrong with it only in an actor, which
/// takes the actor system with it.
/// </summary>
internal static class DowningSettings
{
    private const string Provider = "akka.cluster.downing-provider-class";
    private const string Resolver = "akka.cluster.split-brain-resolver";
    private const string QuorumStrategy = "static-quorum";

    private static readonly string[] Strategies =
        ["keep-majority", QuorumStrategy, "keep-oldest", "down-all", "lease-majority"];

    /// <summary>What is wrong, in a sentence; null if nothing is.</summary>
    /// <param name="file">The operator's file alone: what is shipped is right.</param>
    public static string? FindError(Config file)
    {
        if (file.HasPath(Provider) && file.GetString(Provider) is { Length: > 0 } name && !IsProvider(name))
            return $"{Provider}: '{name}' is not the class of a downing provider, such as "
                + "\"Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster\"";
        const string active = $"{Resolver}.active-strategy";
        var strategy = file.HasPath(active) ? file.GetString(active) : null;
        if (strategy is not null && !Strategies.Contains(strategy))
            return $"{active}: there is no '{strategy}': there are {string.Join(", ", Strategies)}";
        const string size = $"{Resolver}.{QuorumStrategy}.quorum-size";
        if (strategy == QuorumStrategy && !(file.HasPath(size) && IsCount(file.GetString(size))))
            return $"{size}: a number of nodes from 1 is needed with {QuorumStrategy}";
        return IsDuration(file, $"{Resolver}.stable-after")
            ? null
            : $"{Resolver}.stable-after: '{file.GetString($"{Resolver}.stable-after")}' is not a time such as 5s";
    }

    private static bool IsProvider(string name)
    {
        try
        {
            return Type.GetType(name) is { IsAbstract: false } type && type.IsAssignableTo(typeof(IDowningProvider));
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException
            or TypeLoadException)
        {
            return false; // no such assembly, or no name of a type
        }
    }

    private static bool IsCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0;

    private static bool IsDuration(Config file, string path)
    {
        if (!file.HasPath(path)) return true;
        try
        {
            return file.GetTimeSpan(path) > TimeSpan.Zero;
        }
        catch (Exception)
        {
            return false; // the parser throws what it likes
        }
    }
}
