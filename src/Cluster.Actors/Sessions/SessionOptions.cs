using Akka.Actor;
using Cluster.Actors.Membership;
using Cluster.Actors.Routing;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>What every session of a node needs.</summary>
public sealed record SessionOptions
{
    /// <summary>The way to the entities.</summary>
    public required Regions Regions { get; init; }

    /// <summary>This node's source of pids (<see cref="PidSource"/>).</summary>
    public required IActorRef Pids { get; init; }

    /// <summary>The address of this node's gateway, as clients reach it.</summary>
    public required string Gateway { get; init; }

    /// <summary>The gateways that the sessions name to their clients.</summary>
    public Gateways Gateways { get; init; } = new();

    /// <summary>The bytes of results that wait for the clients of this node.</summary>
    public UnreadOfNode Unread { get; init; } = new();

    /// <summary>The bytes of frames that wait for the sessions of this node.</summary>
    public FrameRoomOfNode FrameRoom { get; init; } = new();

    /// <summary>Counters of the node.</summary>
    public required NodeStats Stats { get; init; }

    /// <summary>
    /// The first of several unanswered requests has them sent again once after this: a shard that moves can lose what
    /// arrives at the wrong moment.
    /// </summary>
    public TimeSpan RepeatSoonAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Unanswered requests are sent again after this.</summary>
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A client that cannot be let in within this time is told to try again.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The time; UTC.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The part that the sessions' cores need.</summary>
    internal SessionSettings ToSettings() => new()
    {
        Gateway = Gateway,
        RepeatSoonAfterMs = (long)RepeatSoonAfter.TotalMilliseconds,
        RepeatAfterMs = (long)RepeatAfter.TotalMilliseconds,
        OpenTimeoutMs = (long)OpenTimeout.TotalMilliseconds,
    };
}

/// <summary>
/// A frame of a client, and the credentials that the gateway grants its hello. The message stays in the node, so it has
/// no serializer.
/// </summary>
/// <param name="Frame">The frame that the client wrote.</param>
/// <param name="Credentials">Who a new process may be; null: the frame is no hello.</param>
/// <param name="Room">Released once the session has passed on the frame.</param>
internal sealed record Received(ClientFrame Frame, Credentials? Credentials, FrameRoom Room)
    : INoSerializationVerificationNeeded;

/// <summary>The stream of a session has ended.</summary>
public sealed class StreamEnded : INoSerializationVerificationNeeded
{
    private StreamEnded()
    {
    }

    /// <summary>The message.</summary>
    public static StreamEnded Instance { get; } = new();
}

/// <summary>The client has read results, and its session may wait for that. It stays in the node.</summary>
internal sealed class ClientHasRead : INoSerializationVerificationNeeded
{
    private ClientHasRead()
    {
    }

    /// <summary>The message.</summary>
    public static ClientHasRead Instance { get; } = new();
}

/// <summary>The node stops: a session tells its client and ends.</summary>
public sealed class NodeStopping : INoSerializationVerificationNeeded
{
    private NodeStopping()
    {
    }

    /// <summary>The message.</summary>
    public static NodeStopping Instance { get; } = new();
}
