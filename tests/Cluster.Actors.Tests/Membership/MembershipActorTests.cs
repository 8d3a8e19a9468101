using System.Net;
using System.Net.Sockets;
using Cluster.Actors.Membership;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Tests.Client;
using Cluster.Actors.Time;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Membership;

/// <summary>
/// Where a node opens its peer links. The test plays the far end: it sends the offers and accepts the links.
/// </summary>
public sealed class MembershipActorTests : IAsyncLifetime
{
    private static readonly TimeSpan OfferEvery = TimeSpan.FromMilliseconds(100);

    private readonly ClusterMember _first = new() { IsSeed = true };
    private ClusterMember _second = null!;

    public async Task InitializeAsync()
    {
        await _first.InitializeAsync();
        _second = await ClusterMember.JoinAsync(_first);
        await NodeMembership.StartAsync(_first.System, new MembershipOptions
        {
            Bind = new IPEndPoint(IPAddress.Loopback, 0), Quorum = new LeasedQuorum(() => BootClock.NowMs),
        });
    }

    public async Task DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Fact]
    public async Task The_links_to_a_node_follow_the_port_that_it_offers()
    {
        await IsWatchedAsync();
        await IsWatchedAsync();
    }

    private async Task IsWatchedAsync()
    {
        using var links = new TcpListener(IPAddress.Loopback, 0);
        links.Start();
        var uid = Akka.Cluster.Cluster.Get(_second.System).SelfUniqueAddress.Uid;
        var offer = new LineOffer { Uid = uid, Port = ((IPEndPoint)links.LocalEndpoint).Port };
        var called = links.AcceptSocketAsync();
        do _first.System.ActorSelection("/user/membership").Tell(offer, Akka.Actor.ActorRefs.NoSender);
        while (await Task.WhenAny(called, Task.Delay(OfferEvery)) != called);
        (await called).Dispose();
    }
}
