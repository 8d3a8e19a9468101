using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Protocol;

namespace Cluster.Actors.Membership;

/// <summary>
/// Keeps the lines to the other nodes: tells them who is a member, exchanges where each node's lines are, and has a
/// node whose process has ended for certain removed at once.
/// </summary>
internal sealed class MembershipActor : UntypedActor, IWithTimers
{
    /// <summary>The actor's name, the same on every node.</summary>
    public const string Name = "membership";

    // The regions hear of the removal in the same moment as this actor, and of the end of the region there just after.
    private static readonly TimeSpan RegionsLearnWithin = TimeSpan.FromMilliseconds(150);

    // Actors of this node that have nothing to do before they end.
    private static readonly TimeSpan ReadingStopsWithin = TimeSpan.FromMilliseconds(150);

    private const long SpeaksWithinMs = 1_000;

    // One turn that a node misses, and a second, are no reason to cut what may just be slow.
    private const int LeastPatience = 3;

    // A majority confirms within a second that it has given others up. Who waits in vain is not of it.
    private const long DisputeBoundMs = 20_000;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly MembershipOptions _options;
    private readonly TaskCompletionSource _listens;
    private readonly Dictionary<int, int> _introduced = []; // uid -> the port of its lines
    private readonly HashSet<int> _left = [];
    private readonly TimeSpan _offerEvery;
    private readonly Hearing _hearing;
    private readonly Associations _associations = new(Context.System);
    private Lines? _lines;
    private long _offeredMs = BootClock.NowMs;

    public MembershipActor(MembershipOptions options, TaskCompletionSource listens)
    {
        (_options, _listens) = (options, listens);
        var detector = _cluster.Settings.FailureDetectorConfig;
        _offerEvery = detector.GetTimeSpan("heartbeat-interval");
        // Soon enough that heartbeats arrive again before the failure detector and the resolver make an end of it.
        var patience = 0.75 * detector.GetTimeSpan("acceptable-heartbeat-pause") / _offerEvery;
        _hearing = new Hearing(Math.Max(LeastPatience, (int)Math.Ceiling(patience)));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="options">What it needs.</param>
    /// <param name="listens">Completed when it does, or failed.</param>
    public static Props Props(MembershipOptions options, TaskCompletionSource listens) =>
        Akka.Actor.Props.Create(() => new MembershipActor(options, listens)).WithDispatcher("cluster-dispatcher");

    private int SelfUid => _cluster.SelfUniqueAddress.Uid;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var self = Self;
        try
        {
            _lines = new Lines(
                SelfUid, _options.Bind, _options.Quorum, _options.LeaseMs,
                uid => self.Tell(new Ended(uid), ActorRefs.NoSender), () => BootClock.NowMs,
                Membership.KeepsMajority(Context.System.Settings.Config));
        }
        catch (SocketException exception)
        {
            // Whoever has started it decides what becomes of the node.
            _listens.TrySetException(exception);
            Context.Stop(Self);
            return;
        }

        _listens.TrySetResult();
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Context.System.EventStream.Subscribe(Self, typeof(GivenUpByOperator));
        Timers.StartPeriodicTimer(Offer.Instance, Offer.Instance, _offerEvery);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
        _lines?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down }:
                Look();
                Timers.StartSingleTimer(NodeGone.Instance, NodeGone.Instance, RegionsLearnWithin);
                break;
            case ClusterEvent.MemberExited exited:
                OnLeft(exited.Member);
                break;
            case ClusterEvent.MemberRemoved removed:
                OnLeft(removed.Member);
                break;
            case ClusterEvent.IMemberEvent:
                Look();
                break;
            case GivenUpByOperator given:
                _lines!.Settle(given.Uid);
                break;
            case NodeGone:
                Context.System.EventStream.Publish(NodeGone.Instance);
                break;
            case Offer:
                Look(); // what was missed while events were on their way
                RenewDeaf();
                Introduce();
                EndIfDisputed();
                break;
            case ReadingStopped stopped:
                _associations.StopWriting(stopped.Node);
                break;
            case LineOffer offer:
                OnOffer(offer);
                break;
            case Resolved resolved:
                _introduced[resolved.Uid] = resolved.Address.Port;
                _lines!.AddPeer(resolved.Uid, resolved.Address);
                break;
            case Ended ended:
                OnEnded(ended.Uid);
                break;
        }
    }

    private IEnumerable<Member> Others => _cluster.State.Members
        .Where(member => member.UniqueAddress.Uid != SelfUid
            && member.Status is not (MemberStatus.Down or MemberStatus.Removed));

    private void OnLeft(Member member)
    {
        _left.Add(member.UniqueAddress.Uid);
        Look();
        // The lines know by now, and it does not come back.
        if (_cluster.State.Members.All(other => other.UniqueAddress != member.UniqueAddress))
            _left.Remove(member.UniqueAddress.Uid);
    }

    // This node has given others up, and nobody says so with it: it was asleep, or cut off, and has been given up
    // itself.
    private void EndIfDisputed()
    {
        if (_lines!.DisputedForMs > DisputeBoundMs) _cluster.Down(_cluster.SelfAddress);
    }

    private void Look()
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
        foreach (var uid in _introduced.Keys.Where(uid => !known.Contains(uid) && !down.Contains(uid)).ToArray())
            _introduced.Remove(uid);
        _hearing.Keep(known);
        var isMember = self is not (MemberStatus.Down or MemberStatus.Removed);
        _lines!.SetView(new LineView(isMember, voters, known) { Down = down, Left = left });
    }

    // An attempt of Akka's to connect that it has forgotten (one that a partition held up, say) can come through when
    // there is another connection: then each end writes into one that the other does not read, and both nodes would
    // give each other up, well as they are.
    private void RenewDeaf()
    {
        var nowMs = BootClock.NowMs;
        var turnMs = nowMs - _offeredMs;
        _offeredMs = nowMs;
        // After a pause of this node what the others have said may still be on its way.
        if (turnMs < _offerEvery.TotalMilliseconds / 2 || turnMs > _offerEvery.TotalMilliseconds * 2) return;
        foreach (var member in Others)
        {
            var uid = member.UniqueAddress.Uid;
            if (!_hearing.Misses(uid, _lines!.HasSpoken(uid, SpeaksWithinMs))) continue;
            Context.System.EventStream.Publish(new AssociationRenewed(member.Address));
            _associations.StopReading(member.Address);
            Timers.StartSingleTimer(member.Address, new ReadingStopped(member.Address), ReadingStopsWithin);
        }
    }

    private void Introduce()
    {
        var offer =
            new LineOffer { Uid = SelfUid, Port = _options.AnnouncedPort > 0 ? _options.AnnouncedPort : _lines!.Port };
        foreach (var member in Others)
            Context.ActorSelection(new RootActorPath(member.Address) / "user" / Name).Tell(offer);
    }

    private void OnOffer(LineOffer offer)
    {
        _hearing.Hear(offer.Uid);
        // Another port: its actor was started anew.
        if (_introduced.TryGetValue(offer.Uid, out var known) && known == offer.Port) return;
        if (Others.FirstOrDefault(member => member.UniqueAddress.Uid == offer.Uid) is not { } member) return;
        Look();
        var port = offer.Port;
        Dns.GetHostAddressesAsync(member.Address.Host).PipeTo(
            Self,
            success: addresses => new Resolved(offer.Uid, new IPEndPoint(addresses[0], port)),
            failure: exception => new Status.Failure(exception)); // it offers again
    }

    private void OnEnded(int uid)
    {
        // One that was given up before, too: it stays a member until somebody sees that it cannot be reached.
        if (_cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Uid == uid) is not { } member) return;
        Context.System.EventStream.Publish(new ProcessOfNodeEnded(member.Address));
        LineFailureDetector.Condemn(_cluster.FailureDetector, member.Address);
        if (member.Status != MemberStatus.Down) _cluster.Down(member.Address);
    }

    private sealed record Ended(int Uid) : INoSerializationVerificationNeeded;

    private sealed record ReadingStopped(Address Node) : INoSerializationVerificationNeeded;

    private sealed record Resolved(int Uid, IPEndPoint Address) : INoSerializationVerificationNeeded;

    private sealed class Offer : INoSerializationVerificationNeeded
    {
        public static readonly Offer Instance = new();
    }
}
