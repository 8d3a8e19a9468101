using Cluster.Actors.Membership.Quorum;

namespace Cluster.Actors.Tests.Membership;

/// <summary>Until when a node may answer, from the confirmations of the others. The lease is 750 ms.</summary>
public sealed class MajorityLeaseTests
{
    private readonly MajorityLease _lease = new(750);

    [Fact]
    public void A_single_node_needs_no_confirmation()
    {
        _lease.SetMembers(true, []);
        Assert.Equal(long.MaxValue, _lease.FreshUntilMs);
    }

    [Fact]
    public void A_node_that_was_declared_dead_has_no_lease()
    {
        _lease.SetMembers(true, [2]);
        _lease.Confirm(2, 1_000, 2);
        _lease.SetMembers(false, [2]);
        Assert.Equal(0, _lease.FreshUntilMs);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)] // of four: half is no majority
    [InlineData(4, 2)]
    public void A_majority_is_more_than_half(int others, int needed)
    {
        _lease.SetMembers(true, Enumerable.Range(2, others));
        for (var i = 0; i < needed; i++)
        {
            Assert.Equal(0, _lease.FreshUntilMs);
            _lease.Confirm(2 + i, 1_000, others + 1);
        }

        Assert.Equal(1_750, _lease.FreshUntilMs);
    }

    [Fact]
    public void The_lease_starts_with_the_question_of_the_last_needed_confirmation()
    {
        _lease.SetMembers(true, [2, 3, 4, 5]);
        _lease.Confirm(2, 5_000, 5);
        _lease.Confirm(3, 1_000, 5);
        _lease.Confirm(4, 3_000, 5);
        Assert.Equal(3_750, _lease.FreshUntilMs);
    }

    [Fact]
    public void A_late_answer_does_not_change_the_lease()
    {
        _lease.SetMembers(true, [2]);
        _lease.Confirm(2, 5_000, 2);
        _lease.Confirm(2, 1_000, 2);
        Assert.Equal(5_750, _lease.FreshUntilMs);
    }

    [Fact]
    public void A_node_that_was_stopped_while_others_joined_needs_a_majority_of_all()
    {
        _lease.SetMembers(true, [2, 3]);
        _lease.Confirm(2, 1_000, 8);
        _lease.Confirm(3, 1_000, 8);
        Assert.Equal(0, _lease.FreshUntilMs);
    }

    [Fact]
    public void A_former_member_does_not_count()
    {
        _lease.SetMembers(true, [2, 3]);
        _lease.Confirm(2, 1_000, 3);
        Assert.Equal(1_750, _lease.FreshUntilMs);
        _lease.SetMembers(true, [3]);
        Assert.Equal(0, _lease.FreshUntilMs);
        _lease.Confirm(2, 2_000, 3);
        Assert.Equal(0, _lease.FreshUntilMs);
    }

    // The view of a process that was stopped and continued: one node is silent, then the other, and it is alone.
    [Fact]
    public void A_node_that_declares_others_dead_one_by_one_has_no_majority()
    {
        _lease.SetMembers(true, [2, 3]);
        _lease.Confirm(2, 900, 3);
        _lease.SetMembers(true, [2], nowMs: 1_000);
        Assert.Equal(1_000, _lease.DisputedSinceMs);
        _lease.Confirm(2, 950, 3); // the answer was under way when the process was stopped
        Assert.Equal(1_000, _lease.DisputedSinceMs);
        _lease.SetMembers(true, [], nowMs: 8_000);
        Assert.Equal((0, 3), (_lease.FreshUntilMs, _lease.Count));
    }

    [Fact]
    public void A_majority_that_has_declared_the_others_dead_needs_only_its_own_members()
    {
        _lease.SetMembers(true, [2, 3]);
        _lease.SetMembers(true, [2], nowMs: 1_000);
        _lease.Confirm(2, 1_000, 2);
        Assert.Equal((1_750, 2, 0), (_lease.FreshUntilMs, _lease.Count, _lease.DisputedSinceMs));
        // Of two nodes the resolver keeps one: it has broken the tie.
        _lease.SetMembers(true, [], nowMs: 9_000);
        Assert.Equal((long.MaxValue, 1), (_lease.FreshUntilMs, _lease.Count));
    }

    [Fact]
    public void Half_of_the_nodes_are_enough_to_declare_the_others_dead()
    {
        _lease.SetMembers(true, [2, 3, 4]);
        _lease.SetMembers(true, [2], nowMs: 1_000);
        Assert.Equal(0, _lease.FreshUntilMs);
        _lease.Confirm(2, 1_100, 4);
        Assert.Equal((0, 2), (_lease.FreshUntilMs, _lease.Count)); // the other node still counts four
        _lease.Confirm(2, 1_200, 2);
        Assert.Equal(1_950, _lease.FreshUntilMs);
    }

    [Fact]
    public void A_node_that_left_in_an_orderly_way_does_not_count()
    {
        _lease.SetMembers(true, [2, 3]);
        _lease.SetMembers(true, [2], new HashSet<int> { 3 }, 1_000);
        _lease.SetMembers(true, [], new HashSet<int> { 2 }, 2_000);
        Assert.Equal((long.MaxValue, 0), (_lease.FreshUntilMs, _lease.DisputedSinceMs));
    }

    [Fact]
    public void A_node_whose_process_has_exited_does_not_count()
    {
        _lease.SetMembers(true, [2, 3]);
        _lease.Exclude(3); // before it is marked
        _lease.SetMembers(true, [2], nowMs: 1_000);
        Assert.Equal(2, _lease.Count);
        _lease.SetMembers(true, [2, 4], nowMs: 2_000);
        _lease.SetMembers(true, [], nowMs: 3_000);
        _lease.Exclude(2); // and after it
        _lease.Exclude(4);
        Assert.Equal((long.MaxValue, 1), (_lease.FreshUntilMs, _lease.Count));
    }

    [Fact]
    public void With_another_resolver_a_dead_node_stops_counting_at_once()
    {
        var lease = new MajorityLease(750, keepsMajority: false);
        lease.SetMembers(true, [2, 3]);
        lease.SetMembers(true, [], nowMs: 1_000);
        Assert.Equal(long.MaxValue, lease.FreshUntilMs);
    }
}
