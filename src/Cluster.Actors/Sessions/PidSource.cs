using Akka.Actor;
using Cluster.Actors.Routing;
using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// Gives the sessions of one node their pids, from blocks that the allocator of the cluster hands out. The rest of a
/// block is never used after the node has stopped.
/// </summary>
public sealed class PidSource(Regions regions) : UntypedActor, IWithTimers
{
    private const int Block = 64;

    private readonly Queue<(IActorRef Asker, ulong Id)> _waiting = [];
    private long _next;
    private long _end;
    private ulong _requestId;
    private bool _asking;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make the actor.</summary>
    public static Props Props(Regions regions) => Akka.Actor.Props.Create(() => new PidSource(regions));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Request { BodyCase: Request.BodyOneofCase.Allocate } request:
                _waiting.Enqueue((Sender, request.Id));
                Serve();
                break;
            case Reply reply when _asking && reply.Id == _requestId:
                OnBlock(reply);
                break;
            case Repeat:
                if (_asking) AskForBlock();
                break;
        }
    }

    private void OnBlock(Reply reply)
    {
        _asking = false;
        Timers.Cancel(Repeat.Instance);
        if (reply.Errno != 0)
        {
            while (_waiting.TryDequeue(out var asker))
                asker.Asker.Tell(new Reply { Id = asker.Id, Errno = reply.Errno });
            return;
        }

        _next = reply.Allocated.First;
        _end = _next + Block;
        Serve();
    }

    private void Serve()
    {
        while (_next < _end && _waiting.TryDequeue(out var asker))
            asker.Asker.Tell(new Reply { Id = asker.Id, Allocated = new Allocated { First = _next++ } });
        if (_waiting.Count > 0 && !_asking) AskForBlock();
    }

    private void AskForBlock()
    {
        _asking = true;
        var key = Allocator.KeyOf(Kind.Process);
        regions.Of(key).Tell(new Request { Id = ++_requestId, To = key, Allocate = new Allocate { Count = Block } });
        Timers.StartSingleTimer(Repeat.Instance, Repeat.Instance, TimeSpan.FromSeconds(1));
    }

    private sealed class Repeat
    {
        public static readonly Repeat Instance = new();
    }
}
