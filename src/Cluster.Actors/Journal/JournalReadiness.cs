using Akka.Actor;

namespace Cluster.Actors.Journal;

/// <summary>Whether the journal of an actor system answers.</summary>
public static class JournalReadiness
{
    /// <summary>Completes when the journal has answered; fails when it says that it cannot.</summary>
    /// <remarks>
    /// While its database is away at the start, the journal keeps requests, and this takes as long as that.
    /// </remarks>
    /// <param name="system">The actor system.</param>
    /// <param name="snapshots">The plugin id of a snapshot store that has to answer as well; null: none.</param>
    public static Task AskAsync(ActorSystem system, string? snapshots = null)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new JournalProbe(answered, snapshots)));
        return answered.Task;
    }
}
