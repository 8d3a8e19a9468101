using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors;
using Cluster.Actors.Journal;
using Cluster.Actors.Membership;
using Cluster.Actors.Operations;
using Cluster.Actors.Sharding;

namespace Cluster.Node.Observing;

/// <summary>Says what happens to the cluster, a line for each event, as this node sees it.</summary>
/// <remarks>Once this node is on its way out, the others seem to vanish: that tells nobody anything.</remarks>
internal sealed class ClusterWatch(ILogger log, NodeStats stats, Func<string> joins) : UntypedActor, IWithTimers
{
    private static readonly Type[] Events =
    [
        typeof(JournalLost), typeof(JournalBack), typeof(ShardsMoved), typeof(ProcessOfNodeEnded), typeof(MajorityChanged),
    ];

    // On a loaded machine an answer may be late, which nobody has to know.
    private static readonly TimeSpan LossMatters = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan JoiningMatters = TimeSpan.FromSeconds(10);

    private readonly HashSet<UniqueAddress> _up = [];
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private bool _isUp;
    private bool _isLeaving;
    private bool _hadMajority;
    private bool _saidLost;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="log">Where to say it.</param>
    /// <param name="stats">Where the state of the journal is kept.</param>
    /// <param name="joins">What the node does as long as it is not a member, in words.</param>
    public static Props Props(ILogger log, NodeStats stats, Func<string> joins) =>
        Akka.Actor.Props.Create(() => new ClusterWatch(log, stats, joins));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        foreach (var type in Events) Context.System.EventStream.Subscribe(Self, type);
        _cluster.Subscribe(
            Self, ClusterEvent.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer(Joining.Instance, Joining.Instance, JoiningMatters);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    /// <inheritdoc/>
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
            case ShardsMoved moved:
                log.ShardsMoved(moved.Count, moved.Type);
                break;
            case ProcessOfNodeEnded ended when !_isLeaving:
                log.MemberEnded(Name(ended.Node));
                break;
            case MajorityChanged changed when !_isLeaving:
                OnMajority(changed.IsHeard);
                break;
            case Lost when !_isLeaving:
                _saidLost = true;
                log.MajorityLost();
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
                log.MemberUnreachable(Name(lost.Member.Address));
                break;
            case ClusterEvent.ReachableMember found when !_isLeaving:
                log.MemberReachable(Name(found.Member.Address));
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
            log.NodeGivenUp();
        }
    }

    private void OnOther(ClusterEvent.IMemberEvent change)
    {
        var node = Name(change.Member.Address);
        switch (change)
        {
            case ClusterEvent.MemberUp:
                log.MemberUp(node, _up.Count);
                break;
            case ClusterEvent.MemberLeft:
                log.MemberLeaves(node);
                break;
            case ClusterEvent.MemberDowned:
                log.MemberDowned(node);
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down }:
                log.MemberRemoved(node);
                break;
            case ClusterEvent.MemberRemoved:
                log.MemberLeft(node);
                break;
        }
    }

    // The first time is part of joining, of which there is a line.
    private void OnMajority(bool isHeard)
    {
        if (!isHeard && _hadMajority) Timers.StartSingleTimer(Lost.Instance, Lost.Instance, LossMatters);
        else Timers.Cancel(Lost.Instance);
        if (isHeard && _saidLost) log.MajorityBack();
        _saidLost &= !isHeard;
        _hadMajority = true;
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

    private sealed class Joining : INoSerializationVerificationNeeded
    {
        public static readonly Joining Instance = new();
    }
}
