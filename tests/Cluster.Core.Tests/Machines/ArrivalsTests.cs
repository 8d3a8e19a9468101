using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

public sealed class ArrivalsTests
{
    private Arrivals _arrivals;

    [Fact]
    public void The_next_call_is_taken_and_an_earlier_one_may_arrive_again()
    {
        Assert.True(Take(0, 3, 4));
        Assert.True(Take(4, 6));
        Assert.True(Take(3, 4, 6)); // again
        Assert.True(Take(6, 9));
        Assert.True(Take(4, 9)); // what was between has its result
        Assert.True(Take(0, 12)); // and so has all that was before
    }

    [Fact]
    public void No_call_is_taken_after_a_missing_one()
    {
        Assert.False(Take(3, 4));
        Assert.True(Take(0, 3));
        Assert.False(Take(4, 5));
        Assert.False(Take(4, 5));
        Assert.True(Take(3, 4, 5));
        Assert.True(Take(5, 6));
    }

    [Fact]
    public void A_process_starts_a_new_order_with_a_new_session()
    {
        Assert.True(Take(0, 3));
        _arrivals.Remove(7);
        Assert.False(Take(3, 4));
        Assert.True(Take(0, 3, 4));
    }

    [Fact]
    public void Each_process_has_a_separate_order()
    {
        Assert.True(Take(0, 3));
        Assert.False(_arrivals.TryTake(Submit(8, 3, 4)));
        Assert.True(_arrivals.TryTake(Submit(8, 0, 1)));
        Assert.True(Take(3, 4));
        _arrivals.Remove(8);
        Assert.True(Take(4, 5));
    }

    [Fact]
    public void A_submit_without_calls_is_always_taken()
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
