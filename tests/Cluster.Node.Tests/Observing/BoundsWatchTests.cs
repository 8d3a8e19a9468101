using Cluster.Actors;
using Cluster.Node.Observing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Node.Tests.Observing;

/// <summary>Each bound that clients reach is logged, and seldom.</summary>
public sealed class BoundsWatchTests
{
    private readonly NodeStats _stats = new();
    private readonly Clock _time = new();
    private readonly Lines _lines = new();

    [Fact]
    public void A_bound_is_logged_once_in_a_while_with_the_number_of_times()
    {
        var watch = new BoundsWatch(_stats, NullLoggerFactory.Instance, _time);
        watch.Look(_lines);
        Assert.Empty(_lines.Said);
        for (var i = 0; i < 1_000; i++) _stats.AddBound(Bound.Hello);
        watch.Look(_lines);
        for (var i = 0; i < 5; i++) _stats.AddBound(Bound.Hello);
        watch.Look(_lines);
        Assert.Contains("1000)", Assert.Single(_lines.Said), StringComparison.Ordinal);

        _time.Now += (long)BoundsWatch.RepeatAfter.TotalMilliseconds;
        watch.Look(_lines);
        Assert.Contains("5)", _lines.Said[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bound_has_its_line()
    {
        var watch = new BoundsWatch(_stats, NullLoggerFactory.Instance, _time);
        foreach (var bound in Enum.GetValues<Bound>()) _stats.AddBound(bound);
        watch.Look(_lines);
        Assert.Equal(Enum.GetNames<Bound>().Length, _lines.Said.Count);
        Assert.All(Enum.GetNames<Bound>().Zip(_lines.Said), pair => Assert.Contains(pair.Item1, pair.Item2));
    }

    private sealed class Lines : ILogger
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Said.Add(formatter(state, exception));
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; } = 1;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Now;
    }
}
