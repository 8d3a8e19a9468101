using Akka.Configuration;
using Akka.Remote;

namespace Cluster.Node.Settings;

/// <summary>
/// Checks the failure detector's settings in the operator's file. With a wrong one Akka's actor does not start, and the
/// node would run without a failure detector.
/// </summary>
internal static class FailureDetectorSettings
{
    private const string Section = "akka.cluster.failure-detector";

    private static readonly Dictionary<string, Func<Config, string, string?>> Settings = new()
    {
        ["heartbeat-interval"] = AkkaValues.FindErrorOfTime,
        ["acceptable-heartbeat-pause"] = AkkaValues.FindErrorOfPause,
        ["threshold"] = AkkaValues.FindErrorOfNumber,
        ["max-sample-size"] = AkkaValues.FindErrorOfCount,
        ["min-std-deviation"] = AkkaValues.FindErrorOfTime,
        ["expected-response-after"] = AkkaValues.FindErrorOfTime,
        ["monitored-by-nr-of-members"] = AkkaValues.FindErrorOfCount,
        ["implementation-class"] = (file, path) => AkkaValues.FindErrorOfClass(
            file, path, typeof(FailureDetector), "the class of a failure detector"),
    };

    /// <summary>The first error, as a sentence; null: the settings are valid.</summary>
    /// <param name="file">The operator's file alone: the shipped settings are valid.</param>
    public static string? FindError(Config file)
    {
        if (!file.HasPath(Section)) return null;
        if (!file.GetValue(Section).IsObject()) return $"{Section} is a section: {Section} {{ threshold = 8.0 }}";
        foreach (var name in file.GetConfig(Section).AsEnumerable().Select(pair => pair.Key).Distinct())
        {
            if (!Settings.TryGetValue(name, out var findError))
                return $"{Section}: there is no '{name}': there are {string.Join(", ", Settings.Keys)}";
            if (findError(file, $"{Section}.{name}") is { } wrong) return wrong;
        }

        return null;
    }
}
