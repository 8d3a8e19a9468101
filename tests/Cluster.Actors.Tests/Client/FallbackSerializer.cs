using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Serialization;

namespace Cluster.Actors.Tests.Client;

/// <summary>Akka's serializer of last resort, which keeps the names of our own types that come to it.</summary>
public sealed class FallbackSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly NewtonSoftJsonSerializer _json = new(system);

    /// <summary>The product's types without a serializer, in all actor systems of this OS process.</summary>
    public static ConcurrentBag<string> Ours { get; } = [];

    public override int Identifier => 7799;

    public override bool IncludeManifest => _json.IncludeManifest;

    public override byte[] ToBinary(object obj)
    {
        var type = obj.GetType();
        if (type.Assembly.GetName().Name!.StartsWith("Cluster.", StringComparison.Ordinal)) Ours.Add(type.FullName!);
        return _json.ToBinary(obj);
    }

    public override object FromBinary(byte[] bytes, Type type) => _json.FromBinary(bytes, type);
}
