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
}
