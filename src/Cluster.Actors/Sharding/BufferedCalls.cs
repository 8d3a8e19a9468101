using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Protocol;

namespace Cluster.Actors.Sharding;

/// <summary>
/// Tells a session whose call waits for a moving shard that the object moves, so that its client sends lost calls
/// again.
/// </summary>
/// <remarks>
/// A region that hands over a shard silently drops the messages that arrive after the hand-off has begun. A stopping
/// entity tells the callers that it knows, but not a caller whose first call, or whose first call through a new
/// session, was dropped. Without this class such a call would wait for the client's own time-out, up to ten seconds.
/// </remarks>
internal sealed class BufferedCalls : IShardingBufferMessageAdapter
{
    /// <summary>
    /// Most hand-offs are over by then, so repeated calls find the object in its new place.
    /// </summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromMilliseconds(100);

    // A session may have many calls under way to an object, and needs one notice.
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
