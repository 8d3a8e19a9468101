using System.Collections;
using System.Net;
using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using Cluster.Actors.Membership;
using Cluster.Actors.Membership.Links;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Tests.Client;
using Cluster.Actors.Time;

namespace Cluster.Actors.Tests.Membership;

/// <summary>
/// A connection that Akka forgot on one end: the other end reads from it, and no longer from the connection that is
/// written to. Both nodes are healthy and hear nothing of each other.
/// </summary>
public sealed class DeafAssociationTests : IAsyncLifetime
{
    private const string Settings = """
        akka.loglevel = ERROR
        akka.stdout-loglevel = OFF
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        akka.cluster.failure-detector { heartbeat-interval = 500ms, acceptable-heartbeat-pause = 3s }
        # Even on a slow machine the connection is replaced before a node is declared dead.
        akka.cluster.split-brain-resolver.stable-after = 60s
        """;

    private ActorSystem _first = null!;
    private ActorSystem _second = null!;

    public async Task InitializeAsync()
    {
        (_first, _second) = (Create(), Create());
        var seed = Akka.Cluster.Cluster.Get(_first);
        foreach (var system in new[] { _first, _second })
        {
            await Akka.Cluster.Cluster.Get(system).JoinAsync(seed.SelfAddress).WaitAsync(ClusterMember.Patience);
            var quorum = new LeasedQuorum(() => BootClock.NowMs);
            var bind = new IPEndPoint(IPAddress.Loopback, 0);
            await NodeMembership.StartAsync(
                system, new MembershipOptions { Bind = bind, Quorum = quorum });
        }
    }

    public async Task DisposeAsync()
    {
        await _second.Terminate();
        await _first.Terminate();
    }

    [Fact]
    public async Task The_connection_is_closed_and_the_nodes_receive_each_others_messages_again()
    {
        var renewed = Inbox.Create(_second);
        _second.EventStream.Subscribe(renewed.Receiver, typeof(AssociationRenewed));
        await MutualAsync();
        await ConnectUnknownToAsync(_first, Address(_second));
        var closed = Inbox.Create(_second);
        _second.EventStream.Subscribe(closed.Receiver, typeof(DisassociatedEvent));

        var message = await renewed.ReceiveAsync(ClusterMember.Patience);
        Assert.Equal(Address(_first), Assert.IsType<AssociationRenewed>(message).Node);
        // The connection that is read from, and the one that is written to.
        Assert.Equal([false, true], new[] { await IsInboundAsync(closed), await IsInboundAsync(closed) }.Order());
        await MutualAsync();
        Assert.All(
            new[] { _first, _second },
            system => Assert.Equal(
                [MemberStatus.Up, MemberStatus.Up],
                Akka.Cluster.Cluster.Get(system).State.Members.Select(member => member.Status)));
    }

    [Fact]
    public async Task A_watch_from_the_other_node_still_reports_the_end_of_an_actor_afterwards()
    {
        var renewed = Inbox.Create(_second);
        _second.EventStream.Subscribe(renewed.Receiver, typeof(AssociationRenewed));
        await MutualAsync();
        // Akka numbers these messages, and must not use a number twice.
        await EndIsToldAsync(_first, _second);
        await EndIsToldAsync(_second, _first);
        await ConnectUnknownToAsync(_first, Address(_second));
        await renewed.ReceiveAsync(ClusterMember.Patience);
        await MutualAsync();

        await EndIsToldAsync(_first, _second);
        await EndIsToldAsync(_second, _first);
        Assert.All(
            new[] { _first, _second },
            system => Assert.Equal(
                [MemberStatus.Up, MemberStatus.Up],
                Akka.Cluster.Cluster.Get(system).State.Members.Select(member => member.Status)));
    }

    private static async Task<bool> IsInboundAsync(Inbox closed) =>
        Assert.IsType<DisassociatedEvent>(await closed.ReceiveAsync(ClusterMember.Patience)).IsInbound;

    // Akka repeats watch and terminated until the other end confirms them.
    private static async Task EndIsToldAsync(ActorSystem watcher, ActorSystem watched)
    {
        var mortal = watched.ActorOf(Props.Create(() => new Mortal()));
        var path = mortal.Path.ToStringWithAddress(Address(watched));
        using var inbox = Inbox.Create(watcher);
        inbox.Watch(await ResolveAsync(watcher.ActorSelection(path)));
        watched.Stop(mortal);
        var told = Assert.IsType<Terminated>(await inbox.ReceiveAsync(ClusterMember.Patience));
        Assert.False(told.AddressTerminated); // the actor has ended, not the node
    }

    private sealed class Mortal : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    // Each node has heard the other over the Akka connection, and the peer links between them are open.
    private async Task MutualAsync()
    {
        await AnswersAsync(_first, Address(_second));
        await AnswersAsync(_second, Address(_first));
    }

    private static Task AnswersAsync(ActorSystem from, Address to) =>
        ResolveAsync(from.ActorSelection(new RootActorPath(to) / "user" / MembershipActor.Name));

    private static async Task<IActorRef> ResolveAsync(ActorSelection there)
    {
        using var patience = new CancellationTokenSource(ClusterMember.Patience);
        while (true)
        {
            try
            {
                return await there.ResolveOne(TimeSpan.FromSeconds(1), patience.Token);
            }
            catch (ActorNotFoundException)
            {
                patience.Token.ThrowIfCancellationRequested(); // the connection is still being opened
            }
        }
    }

    // Connects as Akka does, without Akka's bookkeeping.
    private static async Task ConnectUnknownToAsync(ActorSystem system, Address to)
    {
        var provider = (IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider;
        var field = provider.Transport.GetType()
            .GetField("_transportMapping", BindingFlags.Instance | BindingFlags.NonPublic);
        var mapping = Assert.IsAssignableFrom<IDictionary>(field?.GetValue(provider.Transport));
        var pair = mapping.Values.Cast<IEnumerable>().SelectMany(pairs => pairs.Cast<object>()).First();
        var transport = (Transport)pair.GetType().GetProperty("ProtocolTransport")!.GetValue(pair)!;
        await transport.Associate(to).WaitAsync(ClusterMember.Patience);
    }

    private static Address Address(ActorSystem system) => Akka.Cluster.Cluster.Get(system).SelfAddress;

    private static ActorSystem Create() => ActorSystem.Create("ipc", ConfigurationFactory.ParseString(Settings)
        .WithFallback(ConfigurationFactory.ParseString(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "node.conf"))))
        .WithFallback(ClusterSharding.DefaultConfig()));
}
