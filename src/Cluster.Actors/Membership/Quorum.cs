using System.Collections.Concurrent;
using Akka.Actor;

namespace Cluster.Actors.Membership;

/// <summary>The lease of this node, as entities read it: without a lock, on every answer.</summary>
/// <param name="nowMs">The clock: <see cref="BootClock"/>, unless a test has one of its own.</param>
public sealed class Quorum(Func<long> nowMs) : IQuorum
{
    private readonly ConcurrentQueue<IActorRef> _waiting = new();
    private long _freshUntilMs;
    private bool _wasFresh;

    /// <summary>Told when the lease is lost, and when it is back. On the thread that renews it.</summary>
    public Action<bool>? Changed { get; init; }

    /// <inheritdoc/>
    public bool IsFresh
    {
        get
        {
            var untilMs = Volatile.Read(ref _freshUntilMs);
            return untilMs == long.MaxValue || nowMs() < untilMs;
        }
    }

    /// <inheritdoc/>
    /// <remarks>An actor asks once and then waits: the queue is no longer than there are entities.</remarks>
    public void WhenFresh(IActorRef actor) => _waiting.Enqueue(actor);

    /// <summary>The lease was renewed, or lost.</summary>
    internal void Extend(long freshUntilMs)
    {
        Volatile.Write(ref _freshUntilMs, freshUntilMs);
        var isFresh = IsFresh;
        if (isFresh != _wasFresh) Changed?.Invoke(isFresh);
        _wasFresh = isFresh;
        Flush();
    }

    /// <summary>Who asked between two renewals is told at the next.</summary>
    internal void Flush()
    {
        if (_waiting.IsEmpty || !IsFresh) return;
        for (var left = _waiting.Count; left > 0 && _waiting.TryDequeue(out var actor); left--)
            actor.Tell(QuorumBack.Instance, ActorRefs.NoSender);
    }
}
