namespace Cluster.Cli.Bench;

/// <summary>The memory of a measurement, attached or mapped in each of its processes.</summary>
internal abstract class MemoryBenchWorld(
    ShmBenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : BenchPlace(options.Load, connect)
{
    /// <summary>Bytes of an object of the load.</summary>
    public const int ObjectBytes = 128 * 1024;

    private readonly List<ISharedMemory[]> _memories = [];

    /// <summary>The objects as a process has them.</summary>
    public ISharedMemory[] Memories(int client) => _memories[client];

    /// <summary>A new object, attached or mapped.</summary>
    public abstract Task<ISharedMemory> MakeAsync(long bytes, CancellationToken cancelled);

    /// <summary>Makes the objects of the load.</summary>
    protected abstract Task CreateAsync(int count, CancellationToken cancelled);

    /// <summary>Attaches or maps an object of the load.</summary>
    protected abstract Task<ISharedMemory> AttachAsync(IIpcClient client, int number, CancellationToken cancelled);

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        if (options.SequentialBytes > 0) return;
        await CreateAsync(options.Load.Objects, cancelled);
        foreach (var client in Clients)
        {
            var memories = new ISharedMemory[options.Load.Objects];
            await InParallelAsync(memories.Length, cancelled, async number =>
                memories[number] = await AttachAsync(client, (int)number, cancelled));
            _memories.Add(memories);
        }
    }
}
