namespace Cluster.Cli.Bench;

/// <summary>The POSIX semaphores of a measurement. Each process has a descriptor for each of them.</summary>
/// <param name="options">What to measure.</param>
/// <param name="isLock">Whether the semaphores are locks: their value is 1.</param>
/// <param name="connect">Makes a process.</param>
internal sealed class PsemBenchWorld(
    BenchOptions options, bool isLock, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : SemaphoreBenchWorld<IPosixSemaphore>(options, connect)
{
    private readonly BenchOptions _options = options;

    public override ValueTask AddAsync(IPosixSemaphore semaphore, CancellationToken cancelled) =>
        semaphore.PostAsync(cancelled);

    public override ValueTask TakeAsync(IPosixSemaphore semaphore, CancellationToken cancelled) =>
        semaphore.WaitAsync(cancellationToken: cancelled);

    public override async Task<bool> IsAwaitedAsync(IPosixSemaphore semaphore, CancellationToken cancelled) =>
        await semaphore.GetWaiterCountAsync(cancelled) > 0;

    // As POSIX has it: nothing is undone at the end of the process.
    public override async ValueTask<IAsyncDisposable> LockAsync(IPosixSemaphore semaphore)
    {
        await semaphore.WaitAsync();
        return new Held(semaphore);
    }

    protected override Task SetLimitsAsync(INamespace limits, CancellationToken cancelled) => Task.CompletedTask;

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        foreach (var client in Clients)
        {
            var semaphores = new IPosixSemaphore[_options.Objects];
            await InParallelAsync(semaphores.Length, cancelled, async number =>
                semaphores[number] = await client.PosixSemaphores.OpenAsync(
                    $"/bench{number}", OpenFlags.Create, Mode, isLock ? 1 : 0, Lives, cancelled));
            AddHandles(semaphores);
        }
    }

    private sealed class Held(IPosixSemaphore semaphore) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => semaphore.PostAsync();
    }
}
