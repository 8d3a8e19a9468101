using Cluster.Actors.Time;

namespace Cluster.Actors.Tests.Time;

/// <summary>The clock by which the cluster measures.</summary>
public sealed class ClusterClockTests
{
    private long _bootMs = 5_000;

    [Fact]
    public void The_clock_goes_on_from_the_reading_that_it_heard()
    {
        var clock = Clock();
        clock.Hear(1_000_000);
        _bootMs += 250;
        Assert.Equal(1_000_250, clock.NowMs);
    }

    [Fact]
    public void A_lower_reading_does_not_set_the_clock_back()
    {
        var clock = Clock();
        clock.Hear(1_000_000);
        clock.Hear(400_000);
        clock.Hear(0);
        Assert.Equal(1_000_000, clock.NowMs);
    }

    [Fact]
    public void Clocks_that_hear_each_other_agree_with_the_one_that_is_ahead()
    {
        var (one, other) = (Clock(), Clock());
        one.Hear(1_000_000);
        other.Hear(1_000_700);
        one.Hear(other.NowMs);
        other.Hear(one.NowMs);
        Assert.Equal(1_000_700, one.NowMs);
        Assert.Equal(one.NowMs, other.NowMs);
    }

    [Fact]
    public void The_first_epoch_that_a_node_hears_counts()
    {
        var epoch = new ClusterEpoch();
        epoch.Hear(0);
        Assert.Equal(0, epoch.Number);
        epoch.Hear(7);
        epoch.Hear(8);
        Assert.Equal(7, epoch.Number);
    }

    private ClusterClock Clock() => new(() => _bootMs);
}
