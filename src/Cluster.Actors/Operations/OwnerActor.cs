using Akka.Actor;
using Cluster.Actors.Routing;
using Cluster.Core.Namespaces;
using Cluster.Core.Machines;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Actors.Operations;

/// <summary>
/// Finds the node that has an object by asking the object: the answer comes from its node. The question loads an object
/// that is not in memory.
/// </summary>
internal sealed class OwnerActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(1);

    private readonly OwnerRequest _request;
    private readonly TaskCompletionSource<OwnerReply> _result;
    private readonly Requests _requests;
    private readonly Queue<string> _segments;

    public OwnerActor(Regions regions, OwnerRequest request, TaskCompletionSource<OwnerReply> result)
    {
        (_request, _result) = (request, result);
        _requests = new Requests(regions, Self);
        _segments = new Queue<string>(request.Namespace.Split('/', StringSplitOptions.RemoveEmptyEntries));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(Regions regions, OwnerRequest request, TaskCompletionSource<OwnerReply> result) =>
        Akka.Actor.Props.Create(() => new OwnerActor(regions, request, result));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Repeat.Instance, Repeat.Instance, RepeatAfter);
        LookUp(Namespace.Root);
    }

    protected override void PostStop() => _result.TrySetCanceled();

    protected override void OnReceive(object message)
    {
        if (message is Reply reply) _requests.Answer(reply);
        else if (message is Repeat) _requests.Repeat();
    }

    private void LookUp(ulong parent)
    {
        if (!_segments.TryDequeue(out var name))
        {
            var key = new EntityKey { Kind = _request.Object.Kind, Namespace = parent, Id = _request.Object.Id };
            if (ObjectKinds.FindPart(key.Kind) is { } part) Ask(part.OwnerOf(key), owner => AskPart(part, key, owner));
            else Ask(key, _ => Found(key));
            return;
        }

        var directory = new EntityKey { Kind = Kind.Namespace, Namespace = parent };
        _requests.Send(new Request { To = directory, LookupChild = new LookupChild { Name = name } }, reply =>
        {
            if (reply.Errno == 0) LookUp(reply.LookedUp.Number);
            else End(new OwnerReply
            {
                Errno = (int)Errno.ENOENT, Reason = $"there is no namespace '{_request.Namespace}'",
            });
        });
    }

    // A request to a part wakes it up, whether the object can have it or not. So the object is asked first.
    private void AskPart(PartKind part, EntityKey key, Reply owner)
    {
        if (part.WhyNot(key, owner, _request.Offset) is { } reason)
            End(new OwnerReply { Errno = (int)Errno.EINVAL, Reason = reason });
        else Ask(key, _ => Found(key));
    }

    private void Ask(EntityKey key, Action<Reply> found)
    {
        // Asks whether root may trace it: the only question that every object answers without a change of its state.
        var may = new TraceEntity { Credentials = new Credentials(), NamespacePath = "/" };
        _requests.Send(new Request { To = key, TraceEntity = may }, reply =>
        {
            if (reply.Errno == 0) found(reply);
            else End(new OwnerReply { Errno = reply.Errno, Reason = $"there is no object {key.Id}" });
        });
    }

    // The node of the sender has the object.
    private void Found(EntityKey key) => End(new OwnerReply
    {
        Address = ClusterOperations.HostPort(
            ClusterOperations.AddressOf(Sender, Akka.Cluster.Cluster.Get(Context.System))),
        Shard = Regions.ShardOf(key),
    });

    private void End(OwnerReply reply)
    {
        _result.TrySetResult(reply);
        Context.Stop(Self);
    }

    private sealed class Repeat : INoSerializationVerificationNeeded
    {
        public static readonly Repeat Instance = new();
    }
}
