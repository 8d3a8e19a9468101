using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors;
using Cluster.Actors.Journal.Outage;
using Cluster.Actors.Membership.Links;
using Cluster.Actors.Membership.Quorum;
using Cluster.Actors.Operations;
using Cluster.Actors.Routing;
using Cluster.Actors.Sharding;
using Cluster.Actors.Time;

namespace Cluster.Node.Observing;

/// <summary>Logs what happens to the cluster, as this node sees it, one line for each event.</summary>
/// <remarks>
/// While this node leaves, the other nodes seem to vanish, so these events are not logged. Without a majority, or after
/// this node was stopped, its view of the others may be wrong: these events wait, and are dropped if this node was
/// declared dead.
/// </remarks>
internal sealed class ClusterWatch(ILogger log, NodeStats stats, Func<string> joins) : UntypedActor, IWithTimers
{
    private static readonly Type[] Events =
    [
        typeof(JournalLost), typeof(JournalBack), typeof(JournalDamage), typeof(ShardsMoved), typeof(NodeOsProcessExited),
        typeof(MajorityChanged), typeof(AssociationRenewed), typeof(LinkGivenUp),
    ];

    // On a loaded machine an answer may be late. A shorter loss is not logged.
    private static readonly TimeSpan LossMatters = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan JoiningMatters = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // After a longer stall the others may have missed heartbeats of this node.
    private const long StallMs = 3_000;

    // After this time the node has heard from the others again, or they have declared it dead: see hocon/node.conf.
    private const long DoubtMs = 10_000;

    private readonly HashSet<UniqueAddress> _up = [];
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly List<Action> _pendingLines = [];
    private readonly HashSet<Address> _unreachable = [];
    private long _checkedMs = BootClock.NowMs;
    private long _doubtsUntilMs;
    private bool _hasMajority;
    private bool _isUp;
    private bool _isLeaving;
    private bool _hadMajority;
    private bool _loggedLoss;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="log">The log.</param>
    /// <param name="stats">Gets the state of the journal.</param>
    /// <param name="joins">What the node does while it is not a member, in words.</param>
    public static Props Props(ILogger log, NodeStats stats, Func<string> joins) =>
        Akka.Actor.Props.Create(() => new ClusterWatch(log, stats, joins)).WithDispatcher("cluster-dispatcher");

    protected override void PreStart()
    {
        foreach (var type in Events) Context.System.EventStream.Subscribe(Self, type);
        _cluster.Subscribe(
            Self, ClusterEvent.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer(Joining.Instance, Joining.Instance, JoiningMatters);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, LookEvery);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case JournalLost lost:
                stats.IsJournalAway = true;
                log.JournalLost(lost.Reason);
                break;
            case JournalBack back:
                stats.IsJournalAway = false;
                log.JournalBack(Math.Round(back.After.TotalSeconds, 1));
                break;
            case JournalDamage damage:
                log.JournalDamaged(damage.Reason);
                break;
            case ShardsMoved moved:
                log.ShardsMoved(moved.Count, moved.Type);
                break;
            case NodeOsProcessExited ended when !_isLeaving:
                log.MemberEnded(Name(ended.Node));
                break;
            case AssociationRenewed renewed when !_isLeaving:
                log.ConnectionRenewed(Name(renewed.Node));
                break;
            case LinkGivenUp broken when !_isLeaving:
                log.LinkGivenUp(Name(broken.Goes), Name(broken.Stays));
                break;
            case MajorityChanged changed when !_isLeaving:
                OnMajority(changed.HasMajority);
                break;
            case Lost when !_isLeaving:
                _loggedLoss = true;
                log.MajorityLost();
                break;
            case Look:
                LookAtClock();
                if (BootClock.NowMs >= _doubtsUntilMs) LogUnreachable();
                break;
            case Joining:
                log.StillJoining(joins());
                break;
            case ClusterEvent.CurrentClusterState state:
                foreach (var member in state.Members) Count(member);
                break;
            case ClusterEvent.IMemberEvent change:
                Count(change.Member);
                if (change.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress)) OnSelf(change);
                else if (_isUp && !_isLeaving) OnOther(change);
                break;
            case ClusterEvent.UnreachableMember lost when !_isLeaving:
                LookAtClock();
                _unreachable.Add(lost.Member.Address);
                if (BootClock.NowMs >= _doubtsUntilMs) LogUnreachable();
                break;
            case ClusterEvent.ReachableMember found when !_isLeaving:
                if (!_unreachable.Remove(found.Member.Address)) log.MemberReachable(Name(found.Member.Address));
                break;
        }
    }

    private void OnSelf(ClusterEvent.IMemberEvent change)
    {
        if (change is ClusterEvent.MemberUp)
        {
            _isUp = true;
            Timers.Cancel(Joining.Instance);
            log.NodeUp(Name(_cluster.SelfAddress), _up.Count);
        }
        else if (change.Member.Status is MemberStatus.Leaving or MemberStatus.Exiting)
        {
            _isLeaving = true;
        }
        else if (change.Member.Status is MemberStatus.Down or MemberStatus.Removed && !_isLeaving)
        {
            _isLeaving = true;
            _pendingLines.Clear();
            _unreachable.Clear();
            log.NodeGivenUp();
        }
    }

    // The timer of a stopped or starved process is late.
    private void LookAtClock()
    {
        var nowMs = BootClock.NowMs;
        var passedMs = nowMs - _checkedMs;
        _checkedMs = nowMs;
        if (passedMs < StallMs) return;
        _doubtsUntilMs = nowMs + DoubtMs;
        log.NodeStalled(Math.Round(passedMs / 1_000.0, 1));
    }

    private void LogUnreachable()
    {
        foreach (var node in _unreachable) log.MemberUnreachable(Name(node));
        _unreachable.Clear();
    }

    private void LogWithMajority(Action line)
    {
        if (_hasMajority) line();
        else _pendingLines.Add(line);
    }

    private void OnOther(ClusterEvent.IMemberEvent change)
    {
        // At its own end this node sees the removal of all members, its own perhaps last.
        if (_cluster.IsTerminated) return;
        var node = Name(change.Member.Address);
        if (change is ClusterEvent.MemberRemoved) _unreachable.Remove(change.Member.Address);
        switch (change)
        {
            case ClusterEvent.MemberUp:
                var up = _up.Count;
                LogWithMajority(() => log.MemberUp(node, up));
                break;
            case ClusterEvent.MemberLeft:
                LogWithMajority(() => log.MemberLeaves(node));
                break;
            case ClusterEvent.MemberDowned:
                LogWithMajority(() => log.MemberDowned(node));
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down }:
                LogWithMajority(() => log.MemberRemoved(node));
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Exiting }:
                LogWithMajority(() => log.MemberLeft(node));
                break;
        }
    }

    // The first majority is part of joining, which has its own line.
    private void OnMajority(bool hasMajority)
    {
        if (!hasMajority && _hadMajority) Timers.StartSingleTimer(Lost.Instance, Lost.Instance, LossMatters);
        else Timers.Cancel(Lost.Instance);
        if (hasMajority && _loggedLoss) log.MajorityBack();
        _loggedLoss &= !hasMajority;
        _hadMajority = true;
        _hasMajority = hasMajority;
        if (!hasMajority) return;
        foreach (var line in _pendingLines) line();
        _pendingLines.Clear();
    }

    private void Count(Member member)
    {
        if (member.Status == MemberStatus.Up) _up.Add(member.UniqueAddress);
        else _up.Remove(member.UniqueAddress);
    }

    private static string Name(Address address) => ClusterOperations.HostPort(address);

    private sealed class Lost : INoSerializationVerificationNeeded
    {
        public static readonly Lost Instance = new();
    }

    private sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }

    private sealed class Joining : INoSerializationVerificationNeeded
    {
        public static readonly Joining Instance = new();
    }
}
