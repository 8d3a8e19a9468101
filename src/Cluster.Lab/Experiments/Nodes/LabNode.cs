namespace Cluster.Lab.Experiments.Nodes;

/// <summary>A node of an experiment. It can be killed, stopped, and started again at the same addresses.</summary>
internal abstract class LabNode : IDisposable
{
    /// <summary>The longest wait until a node is ready or has ended.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Its name in the report.</summary>
    public abstract string Name { get; }

    /// <summary>The address for clients.</summary>
    public abstract string Gateway { get; }

    /// <summary>The time of its last start, ns on <see cref="LabClock"/>.</summary>
    public long StartedAt { get; protected set; }

    /// <summary>Whether its process exists, running or stopped.</summary>
    public abstract bool IsAlive { get; }

    /// <summary>The last lines of its output.</summary>
    public abstract IReadOnlyList<string> Excerpt { get; }

    /// <summary>When the node last wrote a line with these words, ns on <see cref="LabClock"/>; 0: never.</summary>
    public virtual long LastSaidAt(string words) => 0;

    /// <summary>Starts the node and does not wait until it is ready.</summary>
    /// <exception cref="ExperimentException">The node cannot be started.</exception>
    public abstract Task StartAsync();

    /// <summary>Waits until the node is ready.</summary>
    /// <exception cref="ExperimentException">The node ended, or was not ready in time.</exception>
    public abstract Task ReadyAsync(CancellationToken cancelled);

    /// <summary>Stops the node without its knowledge, as SIGSTOP does.</summary>
    /// <returns>The action, for the timeline.</returns>
    public abstract Task<string> PauseAsync();

    /// <summary>Continues a stopped node, as SIGCONT does.</summary>
    /// <returns>The action, for the timeline.</returns>
    public abstract Task<string> ContinueAsync();

    /// <summary>Tells the node to leave in order and end, as SIGTERM does.</summary>
    public abstract Task TerminateAsync();

    /// <summary>Waits until the node has ended.</summary>
    /// <returns>Its exit code; null: it did not end in time.</returns>
    public abstract Task<int?> EndedAsync(TimeSpan patience, CancellationToken cancelled);

    /// <summary>Sends SIGKILL and waits until the node has ended.</summary>
    public abstract Task KillAsync();

    /// <summary>Ends everything that the experiment started for the node.</summary>
    public virtual Task ReleaseAsync() => Task.CompletedTask;

    public virtual void Dispose()
    {
    }
}
