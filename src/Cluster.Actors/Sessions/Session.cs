using System.Threading.Channels;
using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>An open session, as the one that feeds it sees it: one writer, one reader.</summary>
/// <remarks>
/// What a client says faster than the session works it off stays where it is: unread, so that the client's own
/// connection holds it back.
/// </remarks>
public sealed class Session
{
    /// <summary>Frames that a session may have before it.</summary>
    public const int FramesBound = 16;

    private readonly IActorRef _actor;
    private readonly SemaphoreSlim _room = new(FramesBound);

    internal Session(IActorRef actor, ChannelReader<ServerFrame> output) => (_actor, Output) = (actor, output);

    /// <summary>What the session says; complete once it has ended.</summary>
    public ChannelReader<ServerFrame> Output { get; }

    /// <summary>Hands it a frame; completes once there is room for it.</summary>
    /// <param name="frame">What the client wrote.</param>
    /// <param name="credentials">Who a new process may be; null: the frame is no hello.</param>
    /// <param name="cancellationToken">The stream is over.</param>
    public ValueTask WriteAsync(ClientFrame frame, Credentials? credentials, CancellationToken cancellationToken)
    {
        var received = new Received(frame, credentials, _room);
        if (!_room.Wait(0, CancellationToken.None)) return WaitAndWriteAsync(received, cancellationToken);
        _actor.Tell(received, ActorRefs.NoSender);
        return ValueTask.CompletedTask;
    }

    /// <summary>The stream has ended.</summary>
    public void End() => _actor.Tell(StreamEnded.Instance, ActorRefs.NoSender);

    private async ValueTask WaitAndWriteAsync(Received received, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        _actor.Tell(received, ActorRefs.NoSender);
    }
}
