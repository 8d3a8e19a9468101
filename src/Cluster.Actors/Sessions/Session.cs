using System.Threading.Channels;
using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>An open session, as seen by the code that feeds it: one writer and one reader.</summary>
/// <remarks>
/// A client that writes faster than the session works is slowed: the session leaves further frames unread in the
/// connection. So is a client that does not read its results.
/// </remarks>
public sealed class Session
{
    /// <summary>Frames that may wait for the session.</summary>
    public const int FramesBound = 16;

    private readonly IActorRef _actor;
    private readonly Unread _unread;
    private readonly FrameRoom _room;

    internal Session(IActorRef actor, ChannelReader<ServerFrame> output, Unread unread, FrameRoomOfNode frames)
    {
        (_actor, Output, _unread) = (actor, output, unread);
        _room = new FrameRoom(FramesBound, Bounds.WaitingFrameBytes, frames);
    }

    /// <summary>The frames for the client. Complete once the session has ended.</summary>
    public ChannelReader<ServerFrame> Output { get; }

    /// <summary>
    /// Cancelled when the client has not read results for a time, and others need their room: the connection is to be
    /// closed.
    /// </summary>
    public CancellationToken GivenUp => _unread.GivenUp;

    /// <summary>Hands the session a frame. Completes once there is room for it.</summary>
    /// <param name="frame">The frame that the client wrote.</param>
    /// <param name="credentials">
    /// Who a new process may be, or whose a known one has to be; null: the frame is no hello, or it may be anybody's.
    /// </param>
    /// <param name="cancellationToken">The stream is over.</param>
    /// <param name="bytes">What the frame takes in memory, in bytes; 0: its writer is trusted with its size.</param>
    public ValueTask WriteAsync(
        ClientFrame frame, Credentials? credentials, CancellationToken cancellationToken, long bytes = 0)
    {
        var entered = _room.EnterAsync(bytes, cancellationToken);
        var received = new Received(frame, credentials, _room);
        if (!entered.IsCompletedSuccessfully) return EnterAndTellAsync(entered, received);
        _actor.Tell(received, ActorRefs.NoSender);
        return ValueTask.CompletedTask;
    }

    /// <summary>The client has read results.</summary>
    /// <param name="bytes">Their bytes, by <see cref="ResultSizes.Of(ServerFrame)"/>.</param>
    public void Delivered(long bytes)
    {
        _unread.Add(-bytes);
        if (_unread.IsAwaited) _actor.Tell(ClientHasRead.Instance, ActorRefs.NoSender);
    }

    /// <summary>The stream has ended.</summary>
    public void End()
    {
        _unread.Close();
        _room.Close();
        _actor.Tell(StreamEnded.Instance, ActorRefs.NoSender);
    }

    private async ValueTask EnterAndTellAsync(ValueTask entered, Received received)
    {
        await entered.ConfigureAwait(false);
        _actor.Tell(received, ActorRefs.NoSender);
    }
}
