using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

public sealed class ArrivalsTests
{
    private Arrivals _arrivals;

    [Fact]
    public void What_follows_is_taken_and_what_came_before_may_come_again()
    {
        Assert.True(Take(0, 3, 4));
        Assert.True(Take(4, 6));
        Assert.True(Take(3, 4, 6)); // again
        Assert.True(Take(6, 9));
        Assert.True(Take(4, 9)); // what was between has its result
        Assert.True(Take(0, 12)); // and so has all that was before
    }

    [Fact]
    public void Nothing_is_taken_after_what_is_missing()
    {
        Assert.False(Take(3, 4));
        Assert.True(Take(0, 3));
        Assert.False(Take(4, 5));
        Assert.False(Take(4, 5));
        Assert.True(Take(3, 4, 5));
        Assert.True(Take(5, 6));
    }

    [Fact]
    public void A_process_that_comes_over_another_session_begins_anew()
    {
        Assert.True(Take(0, 3));
        _arrivals.Remove(7);
        Assert.False(Take(3, 4));
        Assert.True(Take(0, 3, 4));
    }

    [Fact]
    public void Each_process_has_an_order_of_its_own()
    {
        Assert.True(Take(0, 3));
        Assert.False(_arrivals.TryTake(Submit(8, 3, 4)));
        Assert.True(_arrivals.TryTake(Submit(8, 0, 1)));
        Assert.True(Take(3, 4));
        _arrivals.Remove(8);
        Assert.True(Take(4, 5));
    }

    [Fact]
    public void What_has_no_calls_has_no_place_in_the_order()
    {
        Assert.True(Take(0));
        Assert.False(Take(1, 2));
    }

    private bool Take(ulong after, params ulong[] seqs) => _arrivals.TryTake(Submit(7, after, seqs));

    private static Submit Submit(int pid, ulong after, params ulong[] seqs) => new()
    {
        Stamp = new Stamp { Pid = pid }, After = after, Calls = { seqs.Select(seq => new Call { Seq = seq }) },
    };
}
