using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace Cluster.Actors.Wire;

/// <summary>
/// Akka's serializer of system messages, with those alone that the watch of other nodes' actors needs. The others are
/// for actors that a node deploys on another one, and some contain exceptions of any type.
/// </summary>
public sealed class GuardedSystemSerializer : Serializer
{
    private static readonly HashSet<Type> Allowed =
        [typeof(Watch), typeof(Unwatch), typeof(DeathWatchNotification), typeof(Terminate)];

    private readonly SystemMessageSerializer _inner;

    /// <summary>Akka makes it.</summary>
    public GuardedSystemSerializer(ExtendedActorSystem system)
        : base(system) => _inner = new SystemMessageSerializer(system);

    public override int Identifier => 22;

    public override bool IncludeManifest => true;

    public override byte[] ToBinary(object message) => _inner.ToBinary(message);

    public override object FromBinary(byte[] bytes, Type type) => Allowed.Contains(type)
        ? _inner.FromBinary(bytes, type)
        : throw new SerializationException($"a node takes no system message {type?.Name}");
}
