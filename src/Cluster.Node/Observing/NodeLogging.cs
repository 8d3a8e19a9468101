using Akka.Configuration;
using Cluster.Node.Settings;
using Microsoft.Extensions.Logging.Console;

namespace Cluster.Node.Observing;

/// <summary>What is logged, and what is not.</summary>
internal static class NodeLogging
{
    /// <summary>Sets levels and format.</summary>
    public static void Configure(ILoggingBuilder logging, NodeOptions options)
    {
        var format = options.Log == "json" ? JsonFormatter.FormatterName : LineFormatter.FormatterName;
        logging.ClearProviders().AddConsole(console => console.FormatterName = format);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter(OperatorLog.Category, LogLevel.Information);
        // What comes there is chosen: by akka.loglevel, if the operator's file sets it.
        logging.AddFilter(AkkaLog.Category, LogLevel.Trace);
        // Both log what they throw as well, and that is said once, in the exception's words, where it is caught.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("Akka.Hosting.AkkaHostedService", LogLevel.None);
    }

    /// <summary>What becomes of what Akka says.</summary>
    /// <param name="logs">Where it may go.</param>
    /// <param name="file">
    /// The operator's: if it sets akka.loglevel, all from that level is shown as Akka says it.
    /// </param>
    public static AkkaLogSetup OfAkka(ILoggerFactory logs, Config file) => new(
        logs.CreateLogger(OperatorLog.Category),
        file.HasPath("akka.loglevel") ? logs.CreateLogger(AkkaLog.Category) : null,
        TimeProvider.System);
}
