namespace Cluster.Lab.Experiments.Nodes;

/// <summary>A node, which can be hurt, and be started again in the same place.</summary>
internal abstract class LabNode : IDisposable
{
    /// <summary>How long a node takes at most to get ready, or to be gone.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Its name in the report.</summary>
    public abstract string Name { get; }

    /// <summary>Where clients reach it.</summary>
    public abstract string Gateway { get; }

    /// <summary>When it was last started; comparable among nodes of one experiment.</summary>
    public long StartedAt { get; protected set; }

    /// <summary>It runs, or stands still.</summary>
    public abstract bool IsAlive { get; }

    /// <summary>The end of its output.</summary>
    public abstract IReadOnlyList<string> Excerpt { get; }

    /// <summary>Starts it without waiting.</summary>
    /// <exception cref="ExperimentException">It cannot be started.</exception>
    public abstract Task StartAsync();

    /// <summary>Waits until it is ready.</summary>
    /// <exception cref="ExperimentException">It ended, or did not get ready in time.</exception>
    public abstract Task ReadyAsync(CancellationToken cancelled);

    /// <summary>What stands still does not answer, and does not know.</summary>
    /// <returns>What was done, in words.</returns>
    public abstract Task<string> PauseAsync();

    /// <summary>It goes on.</summary>
    /// <returns>What was done, in words.</returns>
    public abstract Task<string> ContinueAsync();

    /// <summary>Tells it to end, in order.</summary>
    public abstract Task TerminateAsync();

    /// <summary>Waits until it has ended; null: it has not in time.</summary>
    /// <returns>Its exit code.</returns>
    public abstract Task<int?> EndedAsync(TimeSpan patience, CancellationToken cancelled);

    /// <summary>SIGKILL, and sees it gone.</summary>
    public abstract Task KillAsync();

    /// <summary>Leaves nothing behind that the experiment has made.</summary>
    public virtual Task ReleaseAsync() => Task.CompletedTask;

    public virtual void Dispose()
    {
    }
}
