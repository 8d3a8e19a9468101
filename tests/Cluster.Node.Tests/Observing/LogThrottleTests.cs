using Cluster.Node.Observing;

namespace Cluster.Node.Tests.Observing;

/// <summary>A client cannot fill the log with lines of one kind.</summary>
public sealed class LogThrottleTests
{
    private readonly Clock _time = new();
    private readonly LogThrottle _throttle;

    public LogThrottleTests() => _throttle = new LogThrottle(_time);

    [Fact]
    public void Lines_of_a_kind_are_few_and_the_next_one_says_how_many_were_left_out()
    {
        var written = Enumerable.Range(0, 1_400).Count(_ => _throttle.Passes("Kestrel.Http2", 60, out var left) && left == 0);
        Assert.Equal(LogThrottle.Lines, written);
        Assert.True(_throttle.Passes("Kestrel.Http2", 61, out _));
        Assert.True(_throttle.Passes("Kestrel", 60, out _));

        _time.Now += (long)LogThrottle.Window.TotalMilliseconds;
        Assert.True(_throttle.Passes("Kestrel.Http2", 60, out var more));
        Assert.Equal(1_400 - LogThrottle.Lines, more);
        Assert.True(_throttle.Passes("Kestrel.Http2", 60, out more));
        Assert.Equal(0, more);
    }

    [Fact]
    public void Events_of_the_product_are_all_written()
    {
        for (var i = 0; i < 100; i++) Assert.True(_throttle.Passes(OperatorLog.Category, 110, out _));
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; } = 1;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Now;
    }
}
