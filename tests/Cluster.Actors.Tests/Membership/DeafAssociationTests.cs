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
using Cluster.Actors.Tests.Client;

namespace Cluster.Actors.Tests.Membership;

/// <summary>
/// A connection of which one end's Akka knows nothing any more: the other end reads from it, and no longer from the one
/// that is written to. Both nodes are well, and hear nothing of each other.
/// </summary>
public sealed class DeafAssociationTests : IAsyncLifetime
{
    private const string Settings = """
        akka.loglevel = ERROR
        akka.stdout-loglevel = OFF
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        akka.cluster.failure-detector { heartbeat-interval = 500ms, acceptable-heartbeat-pause = 3s }
        # However slow the machine, the connection is made anew before a node is given up.
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
            var quorum = new Quorum(() => BootClock.NowMs);
            var bind = new IPEndPoint(IPAddress.Loopback, 0);
            await Cluster.Actors.Membership.Membership.StartAsync(
                system, new MembershipOptions { Bind = bind, Quorum = quorum });
        }
    }

    public async Task DisposeAsync()
    {
        await _second.Terminate();
        await _first.Terminate();
    }

    [Fact]
    public async Task It_is_closed_and_the_nodes_hear_each_other_again()
    {
        var renewed = Inbox.Create(_second);
        _second.EventStream.Subscribe(renewed.Receiver, typeof(AssociationRenewed));
        await MutualAsync();
        await ConnectBehindTheBackOfAsync(_first, Address(_second));
        var closed = Inbox.Create(_second);
        _second.EventStream.Subscribe(closed.Receiver, typeof(DisassociatedEvent));

        var message = await renewed.ReceiveAsync(ClusterMember.Patience);
        Assert.Equal(Address(_first), Assert.IsType<AssociationRenewed>(message).Node);
        // The one that is read from, and the one that is written to.
        Assert.Equal([false, true], new[] { await IsInboundAsync(closed), await IsInboundAsync(closed) }.Order());
        await MutualAsync();
        Assert.All(
            new[] { _first, _second },
            system => Assert.Equal(
                [MemberStatus.Up, MemberStatus.Up],
                Akka.Cluster.Cluster.Get(system).State.Members.Select(member => member.Status)));
    }

    [Fact]
    public async Task Who_watches_an_actor_of_the_other_node_is_told_of_its_end_afterwards_too()
    {
        var renewed = Inbox.Create(_second);
        _second.EventStream.Subscribe(renewed.Receiver, typeof(AssociationRenewed));
        await MutualAsync();
        // The messages that say so are numbered, and none of these numbers may come again.
        await EndIsToldAsync(_first, _second);
        await EndIsToldAsync(_second, _first);
        await ConnectBehindTheBackOfAsync(_first, Address(_second));
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

    // That it is watched, and that it has ended, is said again until it is confirmed.
    private static async Task EndIsToldAsync(ActorSystem watcher, ActorSystem watched)
    {
        var mortal = watched.ActorOf(Props.Create(() => new Mortal()));
        var path = mortal.Path.ToStringWithAddress(Address(watched));
        using var inbox = Inbox.Create(watcher);
        inbox.Watch(await ResolveAsync(watcher.ActorSelection(path)));
        watched.Stop(mortal);
        var told = Assert.IsType<Terminated>(await inbox.ReceiveAsync(ClusterMember.Patience));
        Assert.False(told.AddressTerminated); // it is not the node that is taken for dead
    }

    private sealed class Mortal : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    // Each has heard the other over the association, and the lines between them are there.
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
                patience.Token.ThrowIfCancellationRequested(); // the connection is just being made
            }
        }
    }

    // What Akka does when it connects, without its knowing.
    private static async Task ConnectBehindTheBackOfAsync(ActorSystem system, Address to)
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
