using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Membership;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>Answers operators and carries out their orders, on any node of the cluster.</summary>
public sealed class ClusterOperations
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A node that is not leaving after this time has not received the order.</summary>
    private static readonly TimeSpan HearsWithin = TimeSpan.FromSeconds(15);

    private readonly ActorSystem _system;
    private readonly OperationsOptions _options;
    private readonly Akka.Cluster.Cluster _cluster;

    private ClusterOperations(ActorSystem system, OperationsOptions options) =>
        (_system, _options, _cluster) = (system, options, Akka.Cluster.Cluster.Get(system));

    /// <summary>Starts the operations of this node.</summary>
    public static ClusterOperations Start(ActorSystem system, OperationsOptions options)
    {
        system.ActorOf(OperationsActor.Props(options), OperationsActor.Name);
        return new ClusterOperations(system, options);
    }

    /// <summary>Whether this node is ending, so that any question may fail.</summary>
    public bool IsEnding => _cluster.IsTerminated || _system.WhenTerminated.IsCompleted;

    /// <summary>Returns all members, with the figures of those that answer in time.</summary>
    /// <exception cref="OperationCanceledException">The node has ended meanwhile.</exception>
    public Task<MembersReply> MembersAsync(CancellationToken cancelled)
    {
        var result = Result<MembersReply>();
        _system.ActorOf(SurveyActor.Props(_options.AnswerWithin, result));
        return result.Task.WaitAsync(cancelled);
    }

    /// <summary>Has a node leave: the node hands over its objects, and ends.</summary>
    public OrderReply Leave(NodeOrder order)
    {
        if (Find(order.Credentials, order.Address, out var unique) is { } refusal) return refusal;
        var node = unique.Address;
        // Through its own shutdown: a node that learns from the cluster that it leaves hands over shards and
        // coordinator at the same time.
        _system.ActorSelection(new RootActorPath(node) / "user" / OperationsActor.Name).Tell(new LeaveNow());
        var isReachable = _cluster.State.Unreachable.All(member => !member.Address.Equals(node));
        _system.Scheduler.Advanced.ScheduleOnce(isReachable ? HearsWithin : TimeSpan.Zero, () => LeaveAnyway(unique));
        return new OrderReply();
    }

    /// <summary>
    /// Has the cluster tell a node to leave that did not receive the order, because it is disconnected or of an older
    /// version. Does nothing if that node has left meanwhile, even if another one runs at its address. Returns whether
    /// the cluster told it.
    /// </summary>
    internal bool LeaveAnyway(UniqueAddress node)
    {
        var stays = _cluster.State.Members.Any(member =>
            member.UniqueAddress.Equals(node) && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp);
        if (stays && !_cluster.IsTerminated) _cluster.Leave(node.Address);
        return stays;
    }

    /// <summary>Downs a node: its objects start on other nodes.</summary>
    public OrderReply Down(NodeOrder order)
    {
        if (Find(order.Credentials, order.Address, out var unique) is { } refusal) return refusal;
        var node = unique.Address;
        var isReachable = _cluster.State.Unreachable.All(member => !member.Address.Equals(node));
        if (isReachable && !order.EvenIfReachable)
            return Refusal(Errno.EBUSY, $"{order.Address} is reachable: leave is for nodes that are well");
        foreach (var member in _cluster.State.Members.Where(member => member.Address.Equals(node)))
            _system.EventStream.Publish(new DownedByOperator(member.UniqueAddress.Uid));
        _cluster.Down(node);
        return new OrderReply();
    }

    /// <summary>
    /// Has the shard coordinator give every node its share in one round. Every node is told, because any may have it.
    /// </summary>
    public OrderReply Rebalance(RebalanceOrder order)
    {
        if (WhyNotUser(order.Credentials) is { } refusal) return refusal;
        foreach (var member in _cluster.State.Members)
        {
            var operations = new RootActorPath(member.Address) / "user" / OperationsActor.Name;
            _system.ActorSelection(operations).Tell(new RebalanceNow());
        }

        return new OrderReply();
    }

    /// <summary>Finds the node that has an object.</summary>
    /// <exception cref="TimeoutException">The object does not answer.</exception>
    public async Task<OwnerReply> OwnerAsync(OwnerRequest request, CancellationToken cancelled)
    {
        if (request.Object is not { } target || !IsObject(target))
            return new OwnerReply { Errno = (int)Errno.EINVAL, Reason = "only objects have an owner" };
        var result = Result<OwnerReply>();
        var asking = _system.ActorOf(OwnerActor.Props(_options.Regions, request, result));
        try
        {
            var reply = await result.Task.WaitAsync(Patience, cancelled).ConfigureAwait(false);
            if (reply.Errno != 0) return reply;
            var members = await MembersAsync(cancelled).ConfigureAwait(false);
            var owner = members.Members.FirstOrDefault(member => member.Address == reply.Address);
            reply.Gateway = owner?.Figures?.Gateway ?? "";
            return reply;
        }
        finally
        {
            _system.Stop(asking);
        }
    }

    private static bool IsObject(Target target) => ObjectKinds.Find(target.Kind)?.IsId(target.Id)
        ?? ObjectKinds.FindPart(target.Kind)?.IsId(target.Id) is true;

    /// <summary>HOST:PORT, the name of a node for operators.</summary>
    public static string HostPort(Address address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");

    /// <summary>The node of the sender of a message.</summary>
    internal static Address AddressOf(IActorRef sender, Akka.Cluster.Cluster cluster) =>
        sender.Path.Address.HasGlobalScope ? sender.Path.Address : cluster.SelfAddress;

    /// <summary>Finds the node that an order names. Returns null, or why the order is not carried out.</summary>
    private OrderReply? Find(Credentials? credentials, string address, out UniqueAddress node)
    {
        var member = _cluster.State.Members.FirstOrDefault(each => HostPort(each.Address) == address);
        node = member?.UniqueAddress ?? _cluster.SelfUniqueAddress;
        if (WhyNotUser(credentials) is { } refusal) return refusal;
        return member is null ? Refusal(Errno.ENOENT, $"there is no node {address}") : null;
    }

    private static OrderReply? WhyNotUser(Credentials? credentials) =>
        credentials is { Uid: 0 } ? null : Refusal(Errno.EPERM, Errno.EPERM.Describe());

    private static OrderReply Refusal(Errno errno, string reason) => new() { Errno = (int)errno, Reason = reason };

    private static TaskCompletionSource<T> Result<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
