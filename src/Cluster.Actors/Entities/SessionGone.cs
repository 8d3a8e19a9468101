using Akka.Actor;

namespace Cluster.Actors.Entities;

/// <summary>To an entity: a session that has called it is gone.</summary>
/// <param name="Session">Which.</param>
internal sealed record SessionGone(IActorRef Session) : INoSerializationVerificationNeeded;
