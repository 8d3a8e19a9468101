using Cluster.Actors.Membership.Links;

namespace Cluster.Actors.Tests.Membership;

/// <summary>When a connection between two nodes has to be replaced.</summary>
public sealed class LastHeardTests
{
    private const int Other = 2;

    private readonly LastHeard _lastHeard = new(patience: 3);

    [Fact]
    public void A_node_with_answers_and_without_messages_is_reported_after_the_bound_of_turns()
    {
        _lastHeard.Hear(Other);
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void Any_message_clears_the_missed_turns()
    {
        _lastHeard.Hear(Other);
        Turns(3);
        _lastHeard.Hear(Other);
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void A_new_connection_has_twice_the_number_of_turns()
    {
        _lastHeard.Hear(Other);
        Turns(4);
        Assert.Equal(6, Turns(7).TakeWhile(isDeaf => !isDeaf).Count());
    }

    [Fact]
    public void A_node_that_does_not_answer_at_all_is_not_reported()
    {
        _lastHeard.Hear(Other);
        Assert.DoesNotContain(true, Enumerable.Range(0, 20).Select(_ => _lastHeard.Misses(Other, answers: false)));
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void A_node_without_any_message_is_reported_too()
    {
        Assert.Equal([false, false, false, true], Turns(4));
    }

    [Fact]
    public void A_removed_node_is_no_longer_counted()
    {
        Turns(3);
        _lastHeard.Keep(new HashSet<int>());
        Assert.Equal([false, false, false, true], Turns(4));
    }

    private bool[] Turns(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _lastHeard.Misses(Other, answers: true))];
}
