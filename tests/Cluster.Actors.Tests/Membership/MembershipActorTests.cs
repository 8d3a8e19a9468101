using System.Net;
using System.Net.Sockets;
using Cluster.Actors.Membership;
using Cluster.Actors.Tests.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Membership;

/// <summary>Whom a node watches, and where. The far end's offers and its lines are the test's.</summary>
public sealed class MembershipActorTests : IAsyncLifetime
{
    private static readonly TimeSpan OfferEvery = TimeSpan.FromMilliseconds(100);

    private readonly ClusterMember _first = new() { IsSeed = true };
    private ClusterMember _second = null!;

    public async Task InitializeAsync()
    {
        await _first.InitializeAsync();
        _second = await ClusterMember.JoinAsync(_first);
        await Actors.Membership.Membership.StartAsync(_first.System, new MembershipOptions
        {
            Bind = new IPEndPoint(IPAddress.Loopback, 0), Quorum = new Quorum(() => BootClock.NowMs),
        });
    }

    public async Task DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Fact]
    public async Task ANodeThatOffersAnotherPortIsWatchedThere()
    {
        await IsWatchedAsync();
        await IsWatchedAsync();
    }

    private async Task IsWatchedAsync()
    {
        using var lines = new TcpListener(IPAddress.Loopback, 0);
        lines.Start();
        var uid = Akka.Cluster.Cluster.Get(_second.System).SelfUniqueAddress.Uid;
        var offer = new LineOffer { Uid = uid, Port = ((IPEndPoint)lines.LocalEndpoint).Port };
        var called = lines.AcceptSocketAsync();
        do _first.System.ActorSelection("/user/membership").Tell(offer, Akka.Actor.ActorRefs.NoSender);
        while (await Task.WhenAny(called, Task.Delay(OfferEvery)) != called);
        (await called).Dispose();
    }
}
