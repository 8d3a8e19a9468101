using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Protocol;

namespace Cluster.Actors.Sharding;

/// <summary>
/// Tells the sessions of calls that had to wait for their shard that the object moves, so that their clients send again
/// what was lost.
/// </summary>
/// <remarks>
/// A region that hands a shard over drops what came for it after the hand-off had begun, and tells nobody: an entity
/// that stops tells its own callers, and who called it for the first time, or through a new session, is not among
/// them. Such a call would wait for the client's own patience, up to ten seconds.
/// </remarks>
internal sealed class BufferedCalls : IShardingBufferMessageAdapter
{
    /// <summary>
    /// Most hand-offs are over by then, so that what is sent again finds the object in its new place.
    /// </summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromMilliseconds(100);

    // A session has many calls under way to an object, and has to hear of it once.
    private readonly ConcurrentDictionary<(IActorRef Session, EntityKey Key), bool> _toTell = new();

    public object Apply(object message, IActorContext context)
    {
        if (message is not Submit submit || context.Sender.IsNobody()) return message;
        var (session, key, pid) = (context.Sender, submit.To, submit.Stamp.Pid);
        if (!_toTell.TryAdd((session, key), true)) return message;
        context.System.Scheduler.Advanced.ScheduleOnce(TellAfter, () =>
        {
            _toTell.TryRemove((session, key), out _);
            session.Tell(new Results { From = key, Pid = pid, Moved = true }, ActorRefs.NoSender);
        });
        return message;
    }

    public object UnApply(object message, IActorContext context) => message;
}
