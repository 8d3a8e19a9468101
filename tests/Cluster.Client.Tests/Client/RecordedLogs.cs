using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.Tests.Client;

/// <summary>The lines that a client has logged, one after the other.</summary>
internal sealed class RecordedLogs : ILoggerFactory, ILogger
{
    private readonly Channel<(int Id, LogLevel Level, string Text)> _lines =
        Channel.CreateUnbounded<(int, LogLevel, string)>();

    public string Category { get; private set; } = "";

    public async Task<(int Id, LogLevel Level, string Text)> NextAsync() =>
        await _lines.Reader.ReadAsync().AsTask().Soon();

    public ILogger CreateLogger(string categoryName)
    {
        Category = categoryName;
        return this;
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _lines.Writer.TryWrite((eventId.Id, logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
