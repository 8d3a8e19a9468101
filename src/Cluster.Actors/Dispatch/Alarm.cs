using Akka.Actor;

namespace Cluster.Actors.Dispatch;

/// <summary>
/// A scheduled message that can be cancelled. Akka's own ICancelable takes several times the memory, because it holds a
/// cancellation token that no scheduler uses.
/// </summary>
internal sealed class Alarm : ICancelable
{
    private volatile bool _isCancelled;

    private Alarm()
    {
    }

    /// <summary>Schedules a message.</summary>
    public static Alarm Set(ITellScheduler scheduler, TimeSpan after, IActorRef receiver, object message)
    {
        var alarm = new Alarm();
        scheduler.ScheduleTellOnce(after, receiver, message, ActorRefs.NoSender, alarm);
        return alarm;
    }

    public bool IsCancellationRequested => _isCancelled;

    public CancellationToken Token => throw new NotSupportedException();

    public void Cancel() => _isCancelled = true;

    public void Cancel(bool throwOnFirstException) => Cancel();

    public void CancelAfter(TimeSpan delay) => throw new NotSupportedException();

    public void CancelAfter(int millisecondsDelay) => throw new NotSupportedException();
}
