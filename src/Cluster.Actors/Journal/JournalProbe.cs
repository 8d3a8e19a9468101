using Akka.Actor;
using Akka.Persistence;

namespace Cluster.Actors.Journal;

/// <summary>Reads a history that does not exist: when it has done so, the journal has its tables and answers.</summary>
internal sealed class JournalProbe : UntypedPersistentActor
{
    private readonly TaskCompletionSource _answered;

    public JournalProbe(TaskCompletionSource answered) => _answered = answered;

    /// <inheritdoc/>
    public override string PersistenceId => "probe";

    /// <inheritdoc/>
    public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        if (message is not RecoveryCompleted) return;
        _answered.TrySetResult();
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _answered.TrySetException(reason);

    /// <inheritdoc/>
    protected override void OnCommand(object message) => Unhandled(message);
}
