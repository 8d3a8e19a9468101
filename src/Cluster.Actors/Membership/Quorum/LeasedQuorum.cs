using System.Collections.Concurrent;
using Akka.Actor;
using Cluster.Actors.Time;

namespace Cluster.Actors.Membership.Quorum;

/// <summary>The majority lease of this node as entities read it: on each answer, without a lock.</summary>
/// <param name="nowMs">The clock in ms: <see cref="BootClock"/>, or the clock of a test.</param>
public sealed class LeasedQuorum(Func<long> nowMs) : IQuorum
{
    private readonly ConcurrentQueue<IActorRef> _waiting = new();
    private long _freshUntilMs;
    private bool _wasFresh;

    /// <summary>Called when the lease is lost and when it is back, on the thread that renews it.</summary>
    public Action<bool>? Changed { get; init; }

    public bool IsFresh
    {
        get
        {
            var untilMs = Volatile.Read(ref _freshUntilMs);
            return untilMs == long.MaxValue || nowMs() < untilMs;
        }
    }

    /// <remarks>An actor asks once and then waits, so the queue is never longer than the number of entities.</remarks>
    public void WhenFresh(IActorRef actor) => _waiting.Enqueue(actor);

    /// <summary>Sets the end of the lease, in ms of the clock; 0: the lease is lost.</summary>
    internal void Extend(long freshUntilMs)
    {
        Volatile.Write(ref _freshUntilMs, freshUntilMs);
        var isFresh = IsFresh;
        if (isFresh != _wasFresh) Changed?.Invoke(isFresh);
        _wasFresh = isFresh;
        Flush();
    }

    /// <summary>Tells the actors that have asked since the last renewal.</summary>
    internal void Flush()
    {
        if (_waiting.IsEmpty || !IsFresh) return;
        for (var left = _waiting.Count; left > 0 && _waiting.TryDequeue(out var actor); left--)
            actor.Tell(QuorumBack.Instance, ActorRefs.NoSender);
    }
}
