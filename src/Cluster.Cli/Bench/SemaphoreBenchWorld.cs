namespace Cluster.Cli.Bench;

/// <summary>The semaphores of a measurement, of any kind. They begin with 0, or as free locks.</summary>
internal abstract class SemaphoreBenchWorld<TSemaphore>(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : BenchPlace(options, connect)
{
    private readonly List<TSemaphore[]> _semaphores = [];

    /// <summary>The handles of a process.</summary>
    public TSemaphore[] Semaphores(int client) => _semaphores[client];

    /// <summary>Adds one.</summary>
    public abstract ValueTask AddAsync(TSemaphore semaphore, CancellationToken cancelled = default);

    /// <summary>Takes one.</summary>
    public abstract ValueTask TakeAsync(TSemaphore semaphore, CancellationToken cancelled = default);

    /// <summary>Whether a call that takes is blocked.</summary>
    public abstract Task<bool> IsAwaitedAsync(TSemaphore semaphore, CancellationToken cancelled);

    /// <summary>Takes the semaphore as a lock; disposal gives it back.</summary>
    public abstract ValueTask<IAsyncDisposable> LockAsync(TSemaphore semaphore);

    /// <summary>Adds the handles of a process.</summary>
    protected void AddHandles(TSemaphore[] semaphores) => _semaphores.Add(semaphores);
}
