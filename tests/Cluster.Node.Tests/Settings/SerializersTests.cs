using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Cluster.Node.Settings;
using Cluster.Protocol;

namespace Cluster.Node.Tests.Settings;

/// <summary>Whoever reaches the port of remoting has no object made but messages of the product and Akka's own.</summary>
public sealed class SerializersTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _node =
        ActorSystem.Create("ipc", AkkaSettings.Effective(new NodeOptions(), Config.Empty, null));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _node.Terminate();

    [Fact]
    public void The_serializers_are_these_and_no_other()
    {
        var names = _node.Settings.Config.GetConfig("akka.actor.serializers").AsEnumerable().Select(pair => pair.Key);
        Assert.Equal(
            "akka-cluster akka-containers akka-data-replication akka-misc akka-replicated-data akka-sharding "
            + "akka-singleton akka-system-msg bytes cluster-ipc cluster-journal-record daemon-create json primitive proto "
            + "reliable-delivery",
            string.Join(' ', names.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(1, "System.IO.FileInfo, System.Private.CoreLib", "JSON")]
    [InlineData(1, "", "JSON")]
    [InlineData(2, "Cluster.Protocol.Submit, Cluster.Protocol", "protobuf by type name")]
    [InlineData(3, "Akka.Remote.DaemonMsgCreate, Akka.Remote", "remote deployment")]
    [InlineData(16, "STF", "'STF'")]
    [InlineData(16, "CF", "'CF'")]
    [InlineData(16, "RORRC", "'RORRC'")]
    [InlineData(22, "Akka.Dispatch.SysMsg.Failed, Akka", "Failed")]
    [InlineData(22, "Akka.Dispatch.SysMsg.Create, Akka", "Create")]
    [InlineData(7702, "Z", "unknown manifest 'Z'")]
    public void A_message_that_names_a_type_is_refused(int serializer, string manifest, string said)
    {
        var bytes = Encoding.UTF8.GetBytes("""{"$type":"System.IO.FileInfo, System.Private.CoreLib","fileName":"/x"}""");
        var refused = Assert.Throws<SerializationException>(
            () => _node.Serialization.Deserialize(bytes, serializer, manifest));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_serializer_that_nobody_has_is_refused() =>
        Assert.Throws<SerializationException>(() => _node.Serialization.Deserialize([1], -5, "any")); // Hyperion

    [Fact]
    public async Task A_stranger_that_sends_an_object_of_its_own_has_none_made()
    {
        var heard = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        _node.ActorOf(Props.Create(() => new Ear(heard)), "ear");
        var address = ((ExtendedActorSystem)_node).Provider.DefaultAddress;
        using var stranger = ActorSystem.Create("stranger", """
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            """);
        var ear = await stranger.ActorSelection($"{address}/user/ear").ResolveOne(Patience);
        ear.Tell(new Trap());
        ear.Tell("a string");
        Assert.Equal("a string", await heard.Task.WaitAsync(Patience));
        Assert.Equal(1, Trap.Made); // by the stranger
        await stranger.Terminate();
    }

    [Fact]
    public void The_products_messages_are_taken()
    {
        var submit = new Submit { Ack = 3 };
        var serializer = (SerializerWithStringManifest)_node.Serialization.FindSerializerFor(submit);
        var bytes = serializer.ToBinary(submit);
        Assert.Equal(
            submit, _node.Serialization.Deserialize(bytes, serializer.Identifier, serializer.Manifest(submit)));
    }

    private sealed class Trap
    {
        private static int _made;

        public Trap() => Interlocked.Increment(ref _made);

        public static int Made => Volatile.Read(ref _made);
    }

    private sealed class Ear(TaskCompletionSource<object> heard) : UntypedActor
    {
        protected override void OnReceive(object message) => heard.TrySetResult(message);
    }
}
