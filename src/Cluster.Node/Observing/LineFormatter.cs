using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Cluster.Node.Observing;

/// <summary>
/// Writes one line for each event. An exception follows the message, with its causes and without its stack trace, which
/// does not help an operator.
/// </summary>
internal sealed class LineFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>The name of the formatter in the options of the console.</summary>
    public const string FormatterName = "line";

    private readonly LogThrottle _throttle = new(TimeProvider.System);

    // Ends a cycle of causes too.
    private const int Causes = 8;

    public override void Write<TState>(
        in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter writer)
    {
        if (!_throttle.Passes(entry.Category, entry.EventId.Id, out var left)) return;
        var message = entry.Formatter(entry.State, entry.Exception);
        var id = entry.EventId.Id == 0 ? "" : $"[{entry.EventId.Id}]";
        writer.Write($"{Level(entry.LogLevel)}: {entry.Category}{id}: {Text(message)}");
        if (entry.Exception is { } exception) writer.Write($": {Explain(exception)}");
        if (left > 0) writer.Write($" ({left} more lines of this kind were left out)");
        writer.WriteLine();
    }

    /// <summary>A text without what a terminal would obey: control characters other than the end of a line are '?'.</summary>
    public static string Visible(string text) =>
        text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
            ? new string([.. text.Select(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t') ? '?' : c)])
            : text;

    /// <summary>A message in one line, without the stack traces that some messages contain.</summary>
    public static string Text(string message)
    {
        var lines = Visible(message).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join(' ', lines.Where(line => !IsFrame(line)));
    }

    /// <summary>The messages of an exception and its causes, in one line.</summary>
    public static string Explain(Exception exception)
    {
        var said = new List<string>();
        Exception? cause = exception;
        for (var i = 0; cause is not null && i < Causes; i++, cause = cause.InnerException)
        {
            // These only wrap another exception.
            if (cause is AggregateException or TargetInvocationException && cause.InnerException is not null) continue;
            var text = $"{Text(cause.Message)} ({cause.GetType().Name})";
            if (!said.Contains(text)) said.Add(text);
        }

        return string.Join(" <- ", said);
    }

    private static bool IsFrame(string line) =>
        (line.StartsWith("at ", StringComparison.Ordinal) && line.Contains('('))
        || line.StartsWith("--- End of", StringComparison.Ordinal);

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit",
        LogLevel.Error => "fail",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        _ => "dbug",
    };
}
