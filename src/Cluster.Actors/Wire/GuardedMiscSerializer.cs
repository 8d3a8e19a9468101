using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace Cluster.Actors.Wire;

/// <summary>
/// Akka's serializer of small messages, without those that contain an exception, a configuration or a router: it makes
/// exceptions of any type that a message names.
/// </summary>
public sealed class GuardedMiscSerializer : SerializerWithStringManifest
{
    // Identify, ActorIdentity, IActorRef, PoisonPill, and the heartbeats of the watch of other nodes' actors.
    private static readonly HashSet<string> Allowed = ["ID", "AID", "AR", "PP", "RWHB", "RWHR"];

    private readonly MiscMessageSerializer _inner;

    /// <summary>Akka makes it.</summary>
    public GuardedMiscSerializer(ExtendedActorSystem system)
        : base(system) => _inner = new MiscMessageSerializer(system);

    public override int Identifier => 16;

    public override string Manifest(object message) => _inner.Manifest(message);

    public override byte[] ToBinary(object message) => _inner.ToBinary(message);

    public override object FromBinary(byte[] bytes, string manifest) => Allowed.Contains(manifest)
        ? _inner.FromBinary(bytes, manifest)
        : throw new SerializationException($"a node takes no message with the manifest '{manifest}'");
}
