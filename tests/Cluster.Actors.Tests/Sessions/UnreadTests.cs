using Cluster.Actors.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Sessions;

/// <summary>All sessions of a node share the bytes that clients have not read.</summary>
public sealed class UnreadTests
{
    private readonly UnreadOfNode _node = new();

    [Fact]
    public void Many_that_do_not_read_take_no_more_than_the_node_has_and_the_floor_of_each()
    {
        var sessions = Enumerable.Range(0, 100).Select(_ => new Unread(_node)).ToArray();
        foreach (var session in sessions) session.Expect(session.Bound);
        Assert.InRange(_node.Bytes, 0, Bounds.UnreadBytesOfNode + sessions.Length * Bounds.UnreadBytesAtLeast);
        Assert.Equal(Bounds.UnreadBytesAtLeast, new Unread(_node).Bound);
    }

    [Fact]
    public void A_session_that_is_over_gives_back_what_it_had()
    {
        var session = new Unread(_node);
        session.Expect(1_000);
        session.Add(500);
        session.Expect(200);
        Assert.Equal((700, 500), (_node.Bytes, session.Bytes));
        session.Close();
        session.Add(100);
        session.Expect(300);
        Assert.Equal((0, Bounds.UnreadBytes), (_node.Bytes, session.Bound));
    }
}
