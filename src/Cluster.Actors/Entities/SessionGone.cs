using Akka.Actor;

namespace Cluster.Actors.Entities;

/// <summary>To an entity: a session that has called it, or a subscriber, is gone.</summary>
/// <param name="Session">The session.</param>
internal sealed record SessionGone(IActorRef Session) : INoSerializationVerificationNeeded;
