using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Membership;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>
/// Asks every member for its figures. Completes when all have answered or the time is up.
/// </summary>
internal sealed class SurveyActor(TimeSpan within, TaskCompletionSource<MembersReply> result)
    : UntypedActor, IWithTimers
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<Address, NodeFigures?> _figures = [];
    private ClusterEvent.CurrentClusterState _state = null!;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(TimeSpan within, TaskCompletionSource<MembersReply> result) =>
        Akka.Actor.Props.Create(() => new SurveyActor(within, result));

    protected override void PreStart()
    {
        _state = _cluster.State;
        Timers.StartSingleTimer(TimeIsUp.Instance, TimeIsUp.Instance, within);
        foreach (var member in _state.Members)
        {
            _figures[member.Address] = null;
            var operations = new RootActorPath(member.Address) / "user" / OperationsActor.Name;
            Context.ActorSelection(operations).Tell(new NodeFiguresRead());
        }
    }

    protected override void OnReceive(object message)
    {
        if (message is NodeFigures figures)
        {
            _figures[ClusterOperations.AddressOf(Sender, _cluster)] = figures;
            if (_figures.ContainsValue(null)) return;
        }

        result.TrySetResult(Reply());
        Context.Stop(Self);
    }

    protected override void PostStop() => result.TrySetCanceled();

    private MembersReply Reply()
    {
        var reply = new MembersReply { Asked = ClusterOperations.HostPort(_cluster.SelfAddress) };
        var byAge = _state.Members.ToList();
        byAge.Sort((one, other) => one.Equals(other) ? 0 : one.IsOlderThan(other) ? -1 : 1);
        // As the coordinator's singleton counts: an exiting node has already handed it over.
        var oldest = byAge.Find(member => member.Status is MemberStatus.Up or MemberStatus.Leaving);
        foreach (var member in byAge)
        {
            var address = ClusterOperations.HostPort(member.Address);
            var row = new MemberView
            {
                Address = address,
                Uid = member.UniqueAddress.Uid,
                Roles = { JournalRole.Without(member.Roles).Order(StringComparer.Ordinal) },
                Status = Name(member.Status),
                Unreachable = _state.Unreachable.Contains(member),
                Leader = member.Address.Equals(_state.Leader),
                Oldest = member.Equals(oldest),
                Figures = _figures[member.Address],
            };
            if (row.Unreachable) row.UnreachableFrom.Add(Suspecting(address));
            reply.Members.Add(row);
        }

        return reply;
    }

    private IEnumerable<string> Suspecting(string address) => _figures
        .Where(pair => pair.Value?.Suspects.Contains(address) == true)
        .Select(pair => ClusterOperations.HostPort(pair.Key)).Order(StringComparer.Ordinal);

    private static string Name(MemberStatus status) =>
        status == MemberStatus.WeaklyUp ? "weakly-up" : status.ToString().ToLowerInvariant();

    private sealed class TimeIsUp : INoSerializationVerificationNeeded
    {
        public static readonly TimeIsUp Instance = new();
    }
}
