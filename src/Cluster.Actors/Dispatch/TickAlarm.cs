using Akka.Actor;

namespace Cluster.Actors.Dispatch;

/// <summary>
/// The one alarm of an actor around a pure core: it tells the actor <see cref="Wake"/> at the time of the core's next
/// tick. A later time than the one that is set already needs no new alarm, because the actor sets it again then.
/// </summary>
internal sealed class TickAlarm(ITellScheduler scheduler, IActorRef actor)
{
    private Alarm? _alarm;
    private long _atMs = long.MaxValue;

    /// <summary>To be called after each input of the core.</summary>
    /// <param name="nextMs">When the core needs its next tick, in ms; MaxValue: never.</param>
    /// <param name="nowMs">The time on the same clock, in ms.</param>
    public void Set(long nextMs, long nowMs)
    {
        if (nextMs >= _atMs) return;
        Cancel();
        _atMs = nextMs;
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(nextMs - nowMs, 1, int.MaxValue));
        _alarm = Alarm.Set(scheduler, wait, actor, Wake.Instance);
    }

    /// <summary>To be called when <see cref="Wake"/> has arrived.</summary>
    public void Rang() => (_alarm, _atMs) = (null, long.MaxValue);

    /// <summary>To be called when the actor stops.</summary>
    public void Cancel() => _alarm?.Cancel();

    /// <summary>The time of the tick has come.</summary>
    public sealed class Wake : INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded
    {
        public static readonly Wake Instance = new();
    }
}
