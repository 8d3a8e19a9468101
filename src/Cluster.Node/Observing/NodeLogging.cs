using Cluster.Node.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace Cluster.Node.Observing;

/// <summary>What is logged, and what is not.</summary>
internal static class NodeLogging
{
    private static readonly string[] Noise =
    [
        // A region that starts, or whose coordinator moves, tries until it is there.
        "Trying to register to coordinator",
        "No coordinator found to register",
        "Requested shard homes",
        // A place in a shard, asked for so that the region knows the shard's home.
        "Id must not be empty, dropping message [Request]",
        // What becomes of a lost node has lines of ours, and that none can be joined (106, 113 to 117).
        "Marking node",
        "Disassociated",
        "Association with remote system",
        "Tried to associate with unreachable remote address",
    ];

    /// <summary>Sets levels and format.</summary>
    public static void Configure(ILoggingBuilder logging, NodeOptions options)
    {
        var format = options.Log == "json" ? JsonFormatter.FormatterName : LineFormatter.FormatterName;
        logging.ClearProviders().AddConsole(console => console.FormatterName = format);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter(OperatorLog.Category, LogLevel.Information);
        // Its own level decides: akka.loglevel, which hocon/node.conf or the operator's file sets.
        logging.AddFilter("Akka", LogLevel.Trace);
        // Both log what they throw as well, and that is said once, in the exception's words, where it is caught.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("Akka.Hosting.AkkaHostedService", LogLevel.None);
    }

    /// <summary>Whether it is what Akka warns of in normal life, or what has a line of ours.</summary>
    public static bool IsNoise(string category, string message)
    {
        if (!category.StartsWith("Akka", StringComparison.Ordinal)) return false;
        foreach (var known in Noise)
        {
            if (message.Contains(known, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
