using Cluster.Actors.Membership;

namespace Cluster.Actors.Tests.Membership;

/// <summary>When a way between two nodes has to be made anew.</summary>
public sealed class HearingTests
{
    private const int Other = 2;

    private readonly Hearing _hearing = new(patience: 3);

    [Fact]
    public void Who_answers_and_is_not_heard_is_called_deaf_after_as_many_turns()
    {
        _hearing.Hear(Other);
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void Whatever_is_heard_makes_good_for_what_was_missed()
    {
        _hearing.Hear(Other);
        Turns(3);
        _hearing.Hear(Other);
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void A_new_way_has_more_time()
    {
        _hearing.Hear(Other);
        Turns(4);
        Assert.Equal(6, Turns(7).TakeWhile(isDeaf => !isDeaf).Count());
    }

    [Fact]
    public void Who_does_not_answer_either_is_not_deaf_but_away()
    {
        _hearing.Hear(Other);
        Assert.DoesNotContain(true, Enumerable.Range(0, 20).Select(_ => _hearing.Misses(Other, answers: false)));
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void Who_was_never_heard_is_as_deaf()
    {
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void Who_is_gone_is_forgotten()
    {
        Turns(3);
        _hearing.Keep(new HashSet<int>());
        Assert.Equal([false, false, false, true], Turns(4));
    }

    private bool[] Turns(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _hearing.Misses(Other, answers: true))];
}
