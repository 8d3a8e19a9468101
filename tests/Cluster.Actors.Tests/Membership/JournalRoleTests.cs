using Cluster.Actors.Membership;

namespace Cluster.Actors.Tests.Membership;

/// <summary>The roles of members name their journals.</summary>
public sealed class JournalRoleTests
{
    [Fact]
    public void Only_two_known_journals_can_differ()
    {
        string[] front = ["front"];
        string[] one = ["front", JournalRole.Of("1")];
        string[] other = [JournalRole.Of("2")];
        Assert.True(JournalRole.Differ(one, other));
        Assert.False(JournalRole.Differ(one, [JournalRole.Of("1")]));
        Assert.False(JournalRole.Differ(front, other));
        Assert.False(JournalRole.Differ(one, front));
    }

    [Fact]
    public void The_operator_sees_only_roles_of_the_settings() =>
        Assert.Equal(["front"], JournalRole.Without([JournalRole.Of("1"), "front"]));
}
