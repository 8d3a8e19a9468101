using System.Net;
using Cluster.Node.Gateway;

namespace Cluster.Node.Tests.Gateway;

/// <summary>Only the address that resets requests is slowed, and only for a while.</summary>
public sealed class ResettersTests
{
    [Fact]
    public void An_address_is_slowed_for_a_while()
    {
        var (clock, resetters) = (new Clock(), new Resetters());
        var (one, other) = (IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));
        for (var i = 0; i < Resetters.Most; i++)
        {
            Assert.False(resetters.IsFull(one, clock));
            resetters.Add(one, clock);
        }

        Assert.Equal((true, false), (resetters.IsFull(one, clock), resetters.IsFull(other, clock)));
        clock.Now += (long)Resetters.Window.TotalMilliseconds;
        Assert.False(resetters.IsFull(one, clock));
        resetters.Add(one, clock);
        Assert.False(resetters.IsFull(one, clock));
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; } = 1;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Now;
    }
}
