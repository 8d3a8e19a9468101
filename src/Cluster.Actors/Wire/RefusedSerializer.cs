using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Cluster.Actors.Wire;

/// <summary>
/// Takes the place of a serializer of Akka that makes objects of any type that a message names. Whoever reaches the port
/// of remoting could have code run with it. Nodes never send such a message to each other.
/// </summary>
public abstract class RefusedSerializer(ExtendedActorSystem system, int identifier, string name)
    : SerializerWithStringManifest(system)
{
    public override int Identifier => identifier;

    public override string Manifest(object message) => "";

    public override byte[] ToBinary(object message) =>
        throw new SerializationException($"{message.GetType()} has no serializer, and {name} is not used");

    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"a node takes no {name}, and this one names '{manifest}'");
}

/// <summary>
/// In place of Newtonsoft JSON, to which Akka binds all types that have no serializer. Akka gives it the settings of
/// JSON too.
/// </summary>
public sealed class RefusedJson(ExtendedActorSystem system, Config settings) : RefusedSerializer(system, 1, "JSON")
{
    /// <summary>The settings, which nobody reads.</summary>
    public Config Settings { get; } = settings;
}

/// <summary>In place of the serializer of any type of protobuf.</summary>
public sealed class RefusedProtobuf(ExtendedActorSystem system) : RefusedSerializer(system, 2, "protobuf by type name");

/// <summary>In place of the serializer that starts an actor of any type on this node.</summary>
public sealed class RefusedDeployment(ExtendedActorSystem system) : RefusedSerializer(system, 3, "remote deployment");
