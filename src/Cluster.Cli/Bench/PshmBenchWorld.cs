namespace Cluster.Cli.Bench;

/// <summary>The POSIX shared memory objects of a measurement. Each process has a mapping of each of them.</summary>
internal sealed class PshmBenchWorld(
    ShmBenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : MemoryBenchWorld(options, connect)
{
    private int _passes;

    public override async Task<ISharedMemory> MakeAsync(long bytes, CancellationToken cancelled) =>
        await OpenAsync(Clients[0], $"/pass{_passes++}", bytes, cancelled);

    protected override Task SetLimitsAsync(INamespace limits, CancellationToken cancelled) => Task.CompletedTask;

    // An object is made by its first open, and the size that it has already is set again by the others.
    protected override Task CreateAsync(int count, CancellationToken cancelled) => Task.CompletedTask;

    protected override Task<ISharedMemory> AttachAsync(IIpcClient client, int number, CancellationToken cancelled) =>
        OpenAsync(client, $"/bench{number}", ObjectBytes, cancelled);

    // The mapping lives on after the descriptor is closed: mmap(2).
    private async Task<ISharedMemory> OpenAsync(IIpcClient client, string name, long bytes, CancellationToken cancelled)
    {
        await using var memory = await client.PosixSharedMemory.OpenAsync(
            name, OpenFlags.ReadWrite | OpenFlags.Create, Mode, Lives, cancelled);
        await memory.SetLengthAsync(bytes, cancelled);
        return await memory.MapAsync(bytes, cancellationToken: cancelled);
    }
}
