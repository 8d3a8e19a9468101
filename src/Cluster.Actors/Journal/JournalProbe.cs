using Akka.Actor;
using Akka.Persistence;

namespace Cluster.Actors.Journal;

/// <summary>
/// Reads a history that does not exist, from the snapshots on if they have a store: when it has done so, journal and
/// store have their tables and answer.
/// </summary>
internal sealed class JournalProbe : UntypedPersistentActor
{
    private readonly TaskCompletionSource _answered;

    public JournalProbe(TaskCompletionSource answered, string? snapshots)
    {
        _answered = answered;
        Recovery = snapshots is null ? new Recovery(SnapshotSelectionCriteria.None) : new Recovery();
        if (snapshots is not null) SnapshotPluginId = snapshots;
    }

    public override string PersistenceId => "probe";

    public override Recovery Recovery { get; }

    protected override void OnRecover(object message)
    {
        if (message is not RecoveryCompleted) return;
        _answered.TrySetResult();
        Context.Stop(Self);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _answered.TrySetException(reason);

    protected override void OnCommand(object message) => Unhandled(message);
}
