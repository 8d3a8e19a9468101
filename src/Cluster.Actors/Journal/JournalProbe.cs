using Akka.Actor;
using Akka.Persistence;

namespace Cluster.Actors.Journal;

/// <summary>
/// Recovers an actor without a history. Once it has recovered, the journal (and the snapshot store, if one is named)
/// has its tables and answers.
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
