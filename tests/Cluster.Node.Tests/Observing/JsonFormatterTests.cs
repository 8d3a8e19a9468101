using System.Text.Json;
using Cluster.Node.Observing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Node.Tests.Observing;

/// <summary>The JSON lines of a log.</summary>
public sealed class JsonFormatterTests
{
    [Fact]
    public void Each_event_is_one_line_of_JSON_with_its_id_and_its_values()
    {
        var log = new Recorder();
        log.MemberUp("127.0.0.1:1", 3);
        using var json = JsonDocument.Parse(Assert.Single(log.Lines));
        var root = json.RootElement;
        Assert.Equal(110, root.GetProperty("event").GetInt32());
        Assert.Equal("MemberUp", root.GetProperty("name").GetString());
        Assert.Equal("information", root.GetProperty("level").GetString());
        Assert.Equal("node 127.0.0.1:1 is up; members up: 3", root.GetProperty("message").GetString());
        Assert.Equal("127.0.0.1:1", root.GetProperty("node").GetString());
        Assert.Equal(3, root.GetProperty("members").GetInt32());
        Assert.InRange(root.GetProperty("time").GetDateTimeOffset().Year, 2024, 9999);
    }

    [Fact]
    public void An_exception_is_its_message_without_a_stack_trace()
    {
        var log = new Recorder();
        log.Log(LogLevel.Error, default, "it failed", new IOException("disk\nfull"), (text, _) => text);
        using var json = JsonDocument.Parse(Assert.Single(log.Lines));
        Assert.Equal("disk full (IOException)", json.RootElement.GetProperty("error").GetString());
    }

    private sealed class Recorder : ILogger
    {
        private readonly StringWriter _written = new() { NewLine = "\n" };
        private readonly JsonFormatter _formatter = new(TimeProvider.System);

        public string[] Lines => _written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => _formatter.Write(
                new LogEntry<TState>(logLevel, OperatorLog.Category, eventId, state, exception, formatter), null,
                _written);
    }
}
