using Cluster.Actors.Membership;

namespace Cluster.Actors.Tests.Membership;

/// <summary>Until when a node may speak, from what the others confirmed. The lease is 750 ms.</summary>
public sealed class VotesTests
{
    private readonly Votes _votes = new(750);

    [Fact]
    public void WhoIsAloneNeedsNobody()
    {
        _votes.SetMembers(true, []);
        Assert.Equal(long.MaxValue, _votes.FreshUntilMs);
    }

    [Fact]
    public void WhoWasGivenUpHasNoLease()
    {
        _votes.SetMembers(true, [2]);
        _votes.Confirm(2, 1_000, 2);
        _votes.SetMembers(false, [2]);
        Assert.Equal(0, _votes.FreshUntilMs);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)] // of four: half is no majority
    [InlineData(4, 2)]
    public void AMajorityIsMoreThanHalf(int others, int needed)
    {
        _votes.SetMembers(true, Enumerable.Range(2, others));
        for (var i = 0; i < needed; i++)
        {
            Assert.Equal(0, _votes.FreshUntilMs);
            _votes.Confirm(2 + i, 1_000, others + 1);
        }

        Assert.Equal(1_750, _votes.FreshUntilMs);
    }

    [Fact]
    public void TheLeaseRunsFromTheAskingOfTheLastThatIsNeeded()
    {
        _votes.SetMembers(true, [2, 3, 4, 5]);
        _votes.Confirm(2, 5_000, 5);
        _votes.Confirm(3, 1_000, 5);
        _votes.Confirm(4, 3_000, 5);
        Assert.Equal(3_750, _votes.FreshUntilMs);
    }

    [Fact]
    public void AnAnswerThatComesLateDoesNotShortenOrLengthenIt()
    {
        _votes.SetMembers(true, [2]);
        _votes.Confirm(2, 5_000, 2);
        _votes.Confirm(2, 1_000, 2);
        Assert.Equal(5_750, _votes.FreshUntilMs);
    }

    [Fact]
    public void WhoSleptWhileOthersJoinedNeedsAMajorityOfAll()
    {
        _votes.SetMembers(true, [2, 3]);
        _votes.Confirm(2, 1_000, 8);
        _votes.Confirm(3, 1_000, 8);
        Assert.Equal(0, _votes.FreshUntilMs);
    }

    [Fact]
    public void WhoIsNoMemberAnyMoreDoesNotCount()
    {
        _votes.SetMembers(true, [2, 3]);
        _votes.Confirm(2, 1_000, 3);
        Assert.Equal(1_750, _votes.FreshUntilMs);
        _votes.SetMembers(true, [3]);
        Assert.Equal(0, _votes.FreshUntilMs);
        _votes.Confirm(2, 2_000, 3);
        Assert.Equal(0, _votes.FreshUntilMs);
    }

    // What a process that was stopped sees after it goes on: one is silent, then the other, and it is left alone.
    [Fact]
    public void WhoGivesOthersUpOneByOneIsNoMajority()
    {
        _votes.SetMembers(true, [2, 3]);
        _votes.Confirm(2, 900, 3);
        _votes.SetMembers(true, [2], nowMs: 1_000);
        Assert.Equal(1_000, _votes.DisputedSinceMs);
        _votes.Confirm(2, 950, 3); // was under way when it fell asleep
        Assert.Equal(1_000, _votes.DisputedSinceMs);
        _votes.SetMembers(true, [], nowMs: 8_000);
        Assert.Equal((0, 3), (_votes.FreshUntilMs, _votes.Count));
    }

    [Fact]
    public void AMajorityMayGiveUpAndThenCountsByItself()
    {
        _votes.SetMembers(true, [2, 3]);
        _votes.SetMembers(true, [2], nowMs: 1_000);
        _votes.Confirm(2, 1_000, 2);
        Assert.Equal((1_750, 2, 0), (_votes.FreshUntilMs, _votes.Count, _votes.DisputedSinceMs));
        // Of two the resolver keeps one: it broke the tie.
        _votes.SetMembers(true, [], nowMs: 9_000);
        Assert.Equal((long.MaxValue, 1), (_votes.FreshUntilMs, _votes.Count));
    }

    [Fact]
    public void HalfOfThemIsEnoughToGiveTheOthersUp()
    {
        _votes.SetMembers(true, [2, 3, 4]);
        _votes.SetMembers(true, [2], nowMs: 1_000);
        Assert.Equal(0, _votes.FreshUntilMs);
        _votes.Confirm(2, 1_100, 4);
        Assert.Equal((0, 2), (_votes.FreshUntilMs, _votes.Count)); // the other one still counts four
        _votes.Confirm(2, 1_200, 2);
        Assert.Equal(1_950, _votes.FreshUntilMs);
    }

    [Fact]
    public void WhoLeftInGoodOrderDoesNotCount()
    {
        _votes.SetMembers(true, [2, 3]);
        _votes.SetMembers(true, [2], new HashSet<int> { 3 }, 1_000);
        _votes.SetMembers(true, [], new HashSet<int> { 2 }, 2_000);
        Assert.Equal((long.MaxValue, 0), (_votes.FreshUntilMs, _votes.DisputedSinceMs));
    }

    [Fact]
    public void WhoseProcessHasEndedDoesNotCount()
    {
        _votes.SetMembers(true, [2, 3]);
        _votes.Settle(3); // before it is marked
        _votes.SetMembers(true, [2], nowMs: 1_000);
        Assert.Equal(2, _votes.Count);
        _votes.SetMembers(true, [2, 4], nowMs: 2_000);
        _votes.SetMembers(true, [], nowMs: 3_000);
        _votes.Settle(2); // and after it
        _votes.Settle(4);
        Assert.Equal((long.MaxValue, 1), (_votes.FreshUntilMs, _votes.Count));
    }

    [Fact]
    public void WithAnotherResolverWhoIsGivenUpDoesNotCount()
    {
        var votes = new Votes(750, keepsMajority: false);
        votes.SetMembers(true, [2, 3]);
        votes.SetMembers(true, [], nowMs: 1_000);
        Assert.Equal(long.MaxValue, votes.FreshUntilMs);
    }
}
