using Akka.Actor;

namespace Cluster.Actors.Journal;

/// <summary>Asks whether the journal of an actor system answers.</summary>
public static class JournalReadiness
{
    /// <summary>Completes when the journal has answered, and fails when it answers with a failure.</summary>
    /// <remarks>
    /// If the database is down at the start, the journal keeps the request, and this task waits as long.
    /// </remarks>
    /// <param name="system">The actor system.</param>
    /// <param name="snapshots">The plugin id of a snapshot store that must answer as well; null: none.</param>
    public static Task AskAsync(ActorSystem system, string? snapshots = null)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new JournalProbe(answered, snapshots)));
        return answered.Task;
    }
}
