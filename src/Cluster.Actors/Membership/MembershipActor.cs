using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Membership.Links;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Time;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Actors.Membership;

/// <summary>
/// Feeds the peer links with the members of the cluster, exchanges the links' ports with the other nodes, and has the
/// cluster remove a node at once when its OS process has exited.
/// </summary>
internal sealed class MembershipActor : UntypedActor, IWithTimers
{
    /// <summary>The actor's name, the same on every node.</summary>
    public const string Name = "membership";

    // The shard regions hear of the removal together with this actor, and of the end of the removed region just after.
    private static readonly TimeSpan RegionsLearnWithin = TimeSpan.FromMilliseconds(150);

    // The stopped actors are local and have no work left before they end.
    private static readonly TimeSpan ReadingStopsWithin = TimeSpan.FromMilliseconds(150);

    private const long SpeaksWithinMs = 1_000;

    // One or two missed turns may just mean a slow connection.
    private const int MinPatience = 3;

    // A doubt of a single turn costs nobody.
    private const int MinBrokenTurns = 2;

    // A majority confirms within a second that it has declared others dead. A node that waits longer is not part of it.
    private const long DisputeBoundMs = 20_000;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly MembershipOptions _options;
    private readonly TaskCompletionSource _listens;
    private readonly Dictionary<int, (int Port, ByteString? Secret)> _linkPorts = []; // by uid
    private readonly byte[]? _secret; // of the links to this node; null: links have none
    private readonly Dictionary<int, string> _gateways = []; // by uid
    private readonly HashSet<int> _left = [];
    private readonly TimeSpan _offerEvery;
    private readonly double _pauseMs;
    private readonly LastHeard _lastHeard;
    private readonly Associations _associations = new(Context.System);
    private readonly BrokenLinks _broken;
    private readonly bool _keepsMajority = DowningStrategy.KeepsMajority(Context.System.Settings.Config);
    private PeerLinks? _links;
    private long _offeredMs = BootClock.NowMs;

    public MembershipActor(MembershipOptions options, TaskCompletionSource listens)
    {
        (_options, _listens) = (options, listens);
        if (options.Authenticates) _secret = RandomNumberGenerator.GetBytes(LinkSeal.SecretBytes);
        var detector = _cluster.Settings.FailureDetectorConfig;
        _offerEvery = detector.GetTimeSpan("heartbeat-interval");
        // Early enough that heartbeats arrive again before the failure detector and the resolver declare a node dead.
        var pause = detector.GetTimeSpan("acceptable-heartbeat-pause");
        _pauseMs = pause.TotalMilliseconds;
        var patience = 0.75 * pause / _offerEvery;
        _lastHeard = new LastHeard(Math.Max(MinPatience, (int)Math.Ceiling(patience)));
        // The resolver acts stable-after later than the failure detectors. This node has to act before it, and reports
        // take up to a turn.
        var stableAfter = Context.System.Settings.Config
            .GetTimeSpan("akka.cluster.split-brain-resolver.stable-after", TimeSpan.Zero);
        _broken = new BrokenLinks(Math.Max(MinBrokenTurns, (int)(0.5 * stableAfter / _offerEvery)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="options">The settings.</param>
    /// <param name="listens">Completed when this node listens for the others, or failed.</param>
    public static Props Props(MembershipOptions options, TaskCompletionSource listens) =>
        Akka.Actor.Props.Create(() => new MembershipActor(options, listens)).WithDispatcher("cluster-dispatcher");

    private int SelfUid => _cluster.SelfUniqueAddress.Uid;

    protected override void PreStart()
    {
        var self = Self;
        try
        {
            _links = new PeerLinks(
                SelfUid, _options.Bind, _options.Quorum, _options.LeaseMs,
                uid => self.Tell(new Exited(uid), ActorRefs.NoSender), () => BootClock.NowMs,
                _keepsMajority, _secret);
        }
        catch (SocketException exception)
        {
            // The caller of NodeMembership.StartAsync decides what the node does then.
            _listens.TrySetException(exception);
            Context.Stop(Self);
            return;
        }

        _listens.TrySetResult();
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DownedByOperator));
        Context.System.EventStream.Subscribe(Self, typeof(OwnGatewayChanged));
        Timers.StartPeriodicTimer(Offer.Instance, Offer.Instance, _offerEvery);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
        _links?.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down }:
                UpdateView();
                Timers.StartSingleTimer(NodeGone.Instance, NodeGone.Instance, RegionsLearnWithin);
                break;
            case ClusterEvent.MemberExited exited:
                OnLeft(exited.Member);
                break;
            case ClusterEvent.MemberRemoved removed:
                OnLeft(removed.Member);
                break;
            case ClusterEvent.IMemberEvent:
                UpdateView();
                break;
            case DownedByOperator given:
                _links!.Exclude(given.Uid);
                break;
            case NodeGone:
                Context.System.EventStream.Publish(NodeGone.Instance);
                break;
            case Offer:
                UpdateView(); // catches up with changes whose events are late
                OnTurn();
                OfferLinkPort();
                EndIfDisputed();
                break;
            case OwnGatewayChanged:
                UpdateGateways();
                OfferLinkPort();
                break;
            case ReadingStopped stopped:
                _associations.StopWriting(stopped.Node);
                break;
            case LineOffer offer:
                OnOffer(offer);
                break;
            case Resolved resolved:
                _linkPorts[resolved.Uid] = (resolved.Address.Port, resolved.Secret);
                _links!.AddPeer(resolved.Uid, resolved.Address, resolved.Secret?.ToByteArray());
                break;
            case Exited exited:
                OnExited(exited.Uid);
                break;
        }
    }

    private IEnumerable<Member> Others => _cluster.State.Members
        .Where(member => member.UniqueAddress.Uid != SelfUid
            && member.Status is not (MemberStatus.Down or MemberStatus.Removed));

    private void OnLeft(Member member)
    {
        _left.Add(member.UniqueAddress.Uid);
        UpdateView();
        // The links know it by now, and this uid does not come back.
        if (_cluster.State.Members.All(other => other.UniqueAddress != member.UniqueAddress))
            _left.Remove(member.UniqueAddress.Uid);
    }

    // This node has declared others dead and no majority agrees: it was asleep or disconnected, and the others have
    // declared it dead.
    private void EndIfDisputed()
    {
        if (_links!.DisputedForMs > DisputeBoundMs) _cluster.Down(_cluster.SelfAddress);
    }

    private void UpdateView()
    {
        var self = _cluster.SelfMember.Status;
        var others = Others.ToArray();
        var known = others.Select(member => member.UniqueAddress.Uid).ToHashSet();
        var voters = others.Where(member => member.Status is MemberStatus.Up or MemberStatus.Leaving)
            .Select(member => member.UniqueAddress.Uid).ToHashSet();
        var down = _cluster.State.Members.Where(member => member.Status == MemberStatus.Down)
            .Select(member => member.UniqueAddress.Uid).ToHashSet();
        var left = _cluster.State.Members.Where(member => member.Status == MemberStatus.Exiting)
            .Select(member => member.UniqueAddress.Uid).Concat(_left).ToHashSet();
        foreach (var uid in _linkPorts.Keys.Where(uid => !known.Contains(uid) && !down.Contains(uid)).ToArray())
            _linkPorts.Remove(uid);
        foreach (var uid in _gateways.Keys.Where(uid => !known.Contains(uid)).ToArray()) _gateways.Remove(uid);
        _lastHeard.Keep(known);
        UpdateGateways();
        var isMember = self is not (MemberStatus.Down or MemberStatus.Removed);
        _links!.SetView(new PeerView(isMember, voters, known) { Down = down, Left = left });
    }

    // A node that leaves takes no sessions, although its last offer may say so.
    private void UpdateGateways()
    {
        var serving = Others.Where(member => member.Status == MemberStatus.Up)
            .Select(member => _gateways.GetValueOrDefault(member.UniqueAddress.Uid, ""));
        if (_options.Gateways.Set(serving)) Context.System.EventStream.Publish(GatewaysChanged.Instance);
    }

    private void OnTurn()
    {
        var nowMs = BootClock.NowMs;
        var turnMs = nowMs - _offeredMs;
        _offeredMs = nowMs;
        if (turnMs < _offerEvery.TotalMilliseconds / 2) return;
        // After a pause of this node the messages of the others may still be on their way.
        if (turnMs > _pauseMs) _broken.Clear();
        GiveUpBrokenLinks();
        if (turnMs <= _offerEvery.TotalMilliseconds * 2) RenewDeafAssociations();
    }

    private int[] Unheard() =>
    [
        .. Others.Where(member => _cluster.FailureDetector.IsMonitoring(member.Address)
            && !_cluster.FailureDetector.IsAvailable(member.Address)).Select(member => member.UniqueAddress.Uid),
    ];

    // Only a majority may declare other nodes dead. Without that rule the resolver alone decides.
    private void GiveUpBrokenLinks()
    {
        _broken.Hear(SelfUid, Unheard());
        var members = Others.Append(_cluster.SelfMember).ToArray();
        Array.Sort(members, (one, other) => one.IsOlderThan(other) ? -1 : one.Equals(other) ? 0 : 1);
        var going = _broken.Turn(SelfUid, [.. members.Select(member => member.UniqueAddress.Uid)]);
        if (!_keepsMajority || !_options.Quorum.IsFresh) return;
        foreach (var link in going)
        {
            var goes = AddressOf(link.Goes);
            Context.System.EventStream.Publish(new LinkGivenUp(goes, AddressOf(link.Stays)));
            _cluster.Down(goes);
        }

        Address AddressOf(int uid) => members.First(member => member.UniqueAddress.Uid == uid).Address;
    }

    // A connection attempt that Akka gave up on (delayed by a partition, for example) can still succeed later. Each
    // side then writes to a connection that the other does not read, and two healthy nodes declare each other dead.
    private void RenewDeafAssociations()
    {
        foreach (var member in Others)
        {
            var uid = member.UniqueAddress.Uid;
            if (!_lastHeard.Misses(uid, _links!.HasSpoken(uid, SpeaksWithinMs))) continue;
            Context.System.EventStream.Publish(new AssociationRenewed(member.Address));
            _associations.StopReading(member.Address);
            Timers.StartSingleTimer(member.Address, new ReadingStopped(member.Address), ReadingStopsWithin);
        }
    }

    private void OfferLinkPort()
    {
        var offer = new LineOffer
        {
            Uid = SelfUid,
            Port = _options.AnnouncedPort > 0 ? _options.AnnouncedPort : _links!.Port,
            ClockMs = _options.Clock.NowMs,
            Epoch = _options.Epoch.Number,
            Unheard = { Unheard() },
            Gateway = _options.Gateways.Own,
            LinkSecret = _secret is null ? ByteString.Empty : ByteString.CopyFrom(_secret),
        };
        foreach (var member in Others)
            Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name).Tell(offer);
    }

    private void OnOffer(LineOffer offer)
    {
        _lastHeard.Hear(offer.Uid);
        _broken.Hear(offer.Uid, offer.Unheard);
        _options.Clock.Hear(offer.ClockMs);
        if (_options.Epoch.Number == 0 && Others.Any(member => member.UniqueAddress.Uid == offer.Uid))
            _options.Epoch.Hear(offer.Epoch);
        HearGateway(offer);
        // A new port means that the actor there was restarted.
        var secret = _options.Authenticates ? offer.LinkSecret : null;
        // A link without a secret would take anybody's frames.
        if (secret is { Length: not LinkSeal.SecretBytes }) return;
        if (_linkPorts.TryGetValue(offer.Uid, out var known) && known == (offer.Port, secret)) return;
        if (Others.FirstOrDefault(member => member.UniqueAddress.Uid == offer.Uid) is not { } member) return;
        UpdateView();
        var port = offer.Port;
        Dns.GetHostAddressesAsync(member.Address.Host).PipeTo(
            Self,
            success: addresses => new Resolved(offer.Uid, new IPEndPoint(addresses[0], port), secret),
            failure: exception => new Status.Failure(exception)); // the next offer tries again
    }

    private void HearGateway(LineOffer offer)
    {
        if (_gateways.GetValueOrDefault(offer.Uid, "") == offer.Gateway) return;
        if (Others.All(member => member.UniqueAddress.Uid != offer.Uid)) return;
        _gateways[offer.Uid] = offer.Gateway;
        UpdateGateways();
    }

    private void OnExited(int uid)
    {
        // Also a node that is already down: it stays a member until a failure detector finds it unreachable.
        if (_cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Uid == uid) is not { } member) return;
        Context.System.EventStream.Publish(new NodeOsProcessExited(member.Address));
        PeerLinkFailureDetector.MarkDead(_cluster.FailureDetector, member.Address);
        if (member.Status != MemberStatus.Down) _cluster.Down(member.Address);
    }

    private sealed record Exited(int Uid) : INoSerializationVerificationNeeded;

    private sealed record ReadingStopped(Address Node) : INoSerializationVerificationNeeded;

    private sealed record Resolved(int Uid, IPEndPoint Address, ByteString? Secret) : INoSerializationVerificationNeeded;

    private sealed class Offer : INoSerializationVerificationNeeded
    {
        public static readonly Offer Instance = new();
    }
}
