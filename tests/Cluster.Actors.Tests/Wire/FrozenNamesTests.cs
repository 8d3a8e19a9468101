using Akka.Actor;
using Cluster.Actors.Entities;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Routing;
using Cluster.Actors.Wire;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Wire;

/// <summary>Names on the wire between releases or on disk. They must never change.</summary>
public sealed class FrozenNamesTests
{
    [Theory]
    [InlineData(Kind.MessageQueue, 1, 32768, "1/1/32768")]
    [InlineData(Kind.Extent, 1, (32769L << 32) | 5, "4/1/140741783322629")]
    [InlineData(Kind.Directory, 7, 1, "64/7/1")]
    [InlineData(Kind.Process, 0, 42, "66/0/42")]
    public void Names_of_entities_are_fixed(Kind kind, ulong ns, long id, string name)
    {
        var key = new EntityKey { Kind = kind, Namespace = ns, Id = id };
        Assert.Equal(name, EntityIds.Format(key));
        Assert.Equal(key, EntityIds.Parse(name));
    }

    [Fact]
    public void Serializer_and_manifests_are_fixed()
    {
        using var system = ActorSystem.Create("frozen");
        var serializer = new ClusterSerializer((ExtendedActorSystem)system);
        Assert.Equal(7702, serializer.Identifier);
        Assert.Equal("S", Round(serializer, new Submit { Ack = 3, Calls = { new Call { Seq = 3 } } }));
        Assert.Equal("R", Round(serializer, new Results { Pid = 4, Moved = true }));
        Assert.Equal("Q", Round(serializer, new Request { Id = 5, RenewLease = new RenewLease() }));
        Assert.Equal("A", Round(serializer, new Reply { Id = 6, Errno = 3 }));
        Assert.Equal("X", Round(serializer, StopEntity.Instance));
        Assert.Equal("T", Round(serializer, new TraceRead { Life = 7, Ack = 2 }));
        Assert.Equal("L", Round(serializer, new LineOffer { Uid = 7, Port = 8 }));
        Assert.Equal("OR", Round(serializer, new NodeFiguresRead()));
        Assert.Equal("OF", Round(serializer, new NodeFigures { Gateway = "http://a:1", Suspects = { "b:2" } }));
        Assert.Equal("OB", Round(serializer, new RebalanceNow()));
        Assert.Equal("OH", Round(serializer, new HomesWanted()));
        Assert.Equal("OL", Round(serializer, new LeaveNow()));
        Assert.Equal("E", Round(serializer, new TraceBatch { Life = 7, Number = 3, Events = { new TraceEvent() } }));
        Assert.Equal(7701, new JournalRecordSerializer((ExtendedActorSystem)system).Identifier);
        Assert.Throws<ArgumentException>(() => serializer.Manifest("a string"));
    }

    [Fact]
    public void Numbers_of_kinds_and_shards_are_fixed()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 64, 65, 66, 67, 68, 69], Enum.GetValues<Kind>().Select(kind => (int)kind));
        Assert.Equal((32, 128), (Regions.ProcessShards, Regions.ObjectShards));
    }

    private static string Round(ClusterSerializer serializer, object message)
    {
        var manifest = serializer.Manifest(message);
        Assert.Equal(message, serializer.FromBinary(serializer.ToBinary(message), manifest));
        return manifest;
    }
}
