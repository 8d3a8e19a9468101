using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Cluster.Node.Observing;

/// <summary>
/// Writes each event as one JSON object on one line, with the values that a log collector searches by. An exception has
/// the text of <see cref="LineFormatter"/>.
/// </summary>
internal sealed class JsonFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name of the formatter in the options of the console.</summary>
    public const string FormatterName = "one-json-line";

    private readonly LogThrottle _throttle = new(time);

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter writer)
    {
        if (!_throttle.Passes(entry.Category, entry.EventId.Id, out var left)) return;
        var message = entry.Formatter(entry.State, entry.Exception);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime);
            json.WriteString("level", entry.LogLevel.ToString().ToLowerInvariant());
            if (entry.EventId.Id != 0)
            {
                json.WriteNumber("event", entry.EventId.Id);
                json.WriteString("name", entry.EventId.Name);
            }

            json.WriteString("category", entry.Category);
            json.WriteString("message", LineFormatter.Text(message));
            if (entry.Exception is { } exception) json.WriteString("error", LineFormatter.Explain(exception));
            if (left > 0) json.WriteNumber("leftOut", left);
            if (entry.EventId.Id != 0) WriteValues(json, entry.State as IEnumerable<KeyValuePair<string, object?>>);
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteValues(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object?>>? values)
    {
        foreach (var (name, value) in values ?? [])
        {
            if (name == "{OriginalFormat}") continue;
            json.WritePropertyName(char.ToLowerInvariant(name[0]) + name[1..]);
            if (value is int count) json.WriteNumberValue(count);
            else if (value is double number) json.WriteNumberValue(number);
            else json.WriteStringValue(value?.ToString());
        }
    }
}
