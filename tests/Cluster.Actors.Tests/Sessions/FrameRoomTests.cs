using Cluster.Actors.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Sessions;

/// <summary>The frames that wait for all sessions of a node have a bound, and one frame of each session always waits.</summary>
public sealed class FrameRoomTests
{
    private readonly FrameRoomOfNode _node = new();

    [Fact]
    public void All_sessions_together_keep_to_the_bound_of_the_node()
    {
        const long frame = 1024 * 1024;
        var rooms = Enumerable.Range(0, 100).Select(_ => Room()).ToArray();
        foreach (var room in rooms)
        {
            while (room.EnterAsync(frame, default).IsCompletedSuccessfully)
            {
                // Until one has to wait.
            }
        }

        Assert.InRange(_node.Bytes, Bounds.WaitingFrameBytesOfNode, Bounds.WaitingFrameBytesOfNode + 100 * frame);
        Assert.True(_node.Bytes < 100 * Bounds.WaitingFrameBytes / 3);
        foreach (var room in rooms) room.Close();
        Assert.Equal(0, _node.Bytes);
        rooms[0].Release();
        Assert.Equal(0, _node.Bytes);
    }

    private FrameRoom Room() => new(Session.FramesBound, Bounds.WaitingFrameBytes, _node);
}
