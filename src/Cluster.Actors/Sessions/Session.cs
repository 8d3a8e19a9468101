using System.Threading.Channels;
using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>An open session, as seen by the code that feeds it: one writer and one reader.</summary>
/// <remarks>
/// A client that writes faster than the session works is slowed down: the session leaves further frames unread in the
/// connection.
/// </remarks>
public sealed class Session
{
    /// <summary>Frames that may wait for the session.</summary>
    public const int FramesBound = 16;

    private readonly IActorRef _actor;
    private readonly SemaphoreSlim _room = new(FramesBound);

    internal Session(IActorRef actor, ChannelReader<ServerFrame> output) => (_actor, Output) = (actor, output);

    /// <summary>The frames for the client. Complete once the session has ended.</summary>
    public ChannelReader<ServerFrame> Output { get; }

    /// <summary>Hands the session a frame. Completes once there is room for it.</summary>
    /// <param name="frame">The frame that the client wrote.</param>
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
