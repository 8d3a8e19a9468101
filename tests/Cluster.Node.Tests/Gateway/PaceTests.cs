using Cluster.Actors;
using Cluster.Node.Gateway;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Gateway;

/// <summary>A connection has a share of its own, then takes of what all have in common, then waits.</summary>
public sealed class PaceTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly NodeStats _stats = new();
    private readonly NodePace _node;

    public PaceTests() => _node = new NodePace(_clock);

    [Fact]
    public void One_connection_cannot_use_up_the_share_of_another()
    {
        var (greedy, other) = (Pace(), Pace());
        for (var i = 0; i < Node.Gateway.Pace.Burst + NodePace.PerSecond; i++)
            Assert.True(greedy.SpendAsync(1, default).IsCompletedSuccessfully);
        var late = greedy.SpendAsync(1, default);
        Assert.False(late.IsCompleted);
        Assert.Equal(1, _stats.BoundOf(Bound.Pace));
        for (var i = 0; i < Node.Gateway.Pace.Burst; i++)
            Assert.True(other.SpendAsync(1, default).IsCompletedSuccessfully);
        Assert.False(other.SpendAsync(1, default).IsCompleted);
    }

    [Fact]
    public async Task What_waits_goes_on_when_its_own_share_has_grown()
    {
        while (_node.TryTake(1))
        {
            // Others take it all.
        }

        var pace = Pace();
        Assert.True(pace.SpendAsync(Node.Gateway.Pace.Burst, default).IsCompletedSuccessfully);
        var late = pace.SpendAsync(Node.Gateway.Pace.PerSecond, default).AsTask();
        Assert.False(late.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await late.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private Pace Pace() => new(_node, _stats, _clock);
}
