using Cluster.Actors.Sessions;
using Cluster.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Actors.Tests.Sessions;

/// <summary>All sessions of a node share the bytes that clients have not read.</summary>
public sealed class UnreadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly UnreadOfNode _node;

    public UnreadTests() => _node = new UnreadOfNode(null, _time);

    [Fact]
    public void Many_that_do_not_read_take_no_more_than_the_node_has()
    {
        foreach (var session in Enumerable.Range(0, 1_000).Select(_ => new Unread(_node)))
        {
            if (session.Bound >= Bounds.ExtentBytes) session.Expect(session.Bound);
            else if (session.Want(Bounds.ExtentBytes)) Use(session);
        }

        Assert.InRange(_node.Bytes, Bounds.UnreadBytesOfNode - Bounds.ExtentBytes, Bounds.UnreadBytesOfNode);
    }

    [Fact]
    public void The_largest_result_has_room_beside_many_that_do_not_read()
    {
        foreach (var session in Enumerable.Range(0, 1_000).Select(_ => new Unread(_node))) session.Expect(session.Bound);
        Assert.True(new Unread(_node).Want(Bounds.MessageBytes));
    }

    [Fact]
    public void Sessions_have_their_turns_in_the_order_in_which_they_asked()
    {
        var turns = new List<int>();
        var full = new Unread(_node);
        full.Expect(Bounds.UnreadBytesOfNode - 10);
        var sessions = Enumerable.Range(0, 4).Select(number => new Unread(_node, () => turns.Add(number))).ToArray();
        foreach (var session in sessions) Assert.False(session.Want(100));
        Assert.False(sessions[0].Want(100)); // again: it keeps its place
        sessions[1].Close();
        full.Expect(Bounds.UnreadBytesOfNode - 100);
        Assert.Equal([0], turns);
        Assert.Equal(100, sessions[0].Bound);
        sessions[0].Want(0); // it was not used
        Assert.Equal([0, 2], turns);
        sessions[2].Close();
        Assert.Equal([0, 2, 3], turns);
    }

    [Fact]
    public void A_client_that_reads_nothing_gives_way_only_when_others_wait()
    {
        var silent = new Unread(_node);
        silent.Add(1_000);
        var reads = new Unread(_node);
        reads.Add(Bounds.UnreadBytesOfNode - 1_000);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(silent.GivenUp.IsCancellationRequested);
        reads.Add(-900);
        var waits = new Unread(_node);
        Assert.False(waits.Want(1_500));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(silent.GivenUp.IsCancellationRequested);
        silent.Close();
        Assert.Equal(1_500, waits.Bound);
        Assert.False(reads.GivenUp.IsCancellationRequested);
    }

    // Results of calls that have blocked come without asking for room.
    [Fact]
    public void A_client_that_reads_nothing_gives_way_when_there_is_more_than_the_bound()
    {
        var silent = new Unread(_node);
        silent.Add(Bounds.UnreadBytesOfNode + 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(silent.GivenUp.IsCancellationRequested);
        _time.Advance(UnreadOfNode.Patience);
        Assert.True(silent.GivenUp.IsCancellationRequested);
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
        Assert.Equal(0, _node.Bytes);
    }

    // What is expected by now had its room.
    private static void Use(Unread session)
    {
        session.Expect(session.Bound);
        session.Want(0);
    }
}
