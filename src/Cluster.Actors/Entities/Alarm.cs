using Akka.Actor;

namespace Cluster.Actors.Entities;

/// <summary>
/// A message to come, which can be cancelled. Akka's own ICancelable takes several times the memory, for a token that
/// no scheduler asks for.
/// </summary>
internal sealed class Alarm : ICancelable
{
    private volatile bool _isCancelled;

    private Alarm()
    {
    }

    /// <summary>Sends a message after a while.</summary>
    public static Alarm Set(ITellScheduler scheduler, TimeSpan after, IActorRef receiver, object message)
    {
        var alarm = new Alarm();
        scheduler.ScheduleTellOnce(after, receiver, message, ActorRefs.NoSender, alarm);
        return alarm;
    }

    /// <inheritdoc/>
    public bool IsCancellationRequested => _isCancelled;

    /// <inheritdoc/>
    public CancellationToken Token => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Cancel() => _isCancelled = true;

    /// <inheritdoc/>
    public void Cancel(bool throwOnFirstException) => Cancel();

    /// <inheritdoc/>
    public void CancelAfter(TimeSpan delay) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void CancelAfter(int millisecondsDelay) => throw new NotSupportedException();
}
