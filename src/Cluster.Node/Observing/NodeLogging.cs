using Akka.Configuration;
using Cluster.Node.Settings;
using Microsoft.Extensions.Logging.Console;

namespace Cluster.Node.Observing;

/// <summary>Chooses what is logged.</summary>
internal static class NodeLogging
{
    /// <summary>Sets the levels and the format.</summary>
    public static void Configure(ILoggingBuilder logging, NodeOptions options)
    {
        var format = options.Log == "json" ? JsonFormatter.FormatterName : LineFormatter.FormatterName;
        logging.ClearProviders().AddConsole(console => console.FormatterName = format);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter(OperatorLog.Category, LogLevel.Information);
        // AkkaLog filters this category, by akka.loglevel of the operator's file.
        logging.AddFilter(AkkaLog.Category, LogLevel.Trace);
        // Both log the exceptions that they also throw. They are logged once, where they are caught.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("Akka.Hosting.AkkaHostedService", LogLevel.None);
    }

    /// <summary>The parameters of the translation of Akka's log.</summary>
    /// <param name="logs">Creates the logs.</param>
    /// <param name="file">
    /// The operator's file. If it sets akka.loglevel, Akka's own messages from that level on are logged too.
    /// </param>
    public static AkkaLogSetup OfAkka(ILoggerFactory logs, Config file) => new(
        logs.CreateLogger(OperatorLog.Category),
        file.HasPath("akka.loglevel") ? logs.CreateLogger(AkkaLog.Category) : null,
        TimeProvider.System);
}
