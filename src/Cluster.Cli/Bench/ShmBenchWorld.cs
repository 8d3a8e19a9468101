namespace Cluster.Cli.Bench;

/// <summary>The segments of a measurement.</summary>
internal sealed class ShmBenchWorld(
    ShmBenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : MemoryBenchWorld(options, connect)
{
    private readonly int _count = options.Load.Objects;
    private int[] _ids = [];

    public override async Task<ISharedMemory> MakeAsync(long bytes, CancellationToken cancelled)
    {
        var segment = await Clients[0].SharedMemorySegments.CreateAsync(bytes, Mode, Lives, cancelled);
        return await segment.AttachAsync(cancellationToken: cancelled);
    }

    protected override Task SetLimitsAsync(INamespace limits, CancellationToken cancelled) =>
        limits.SetLimitAsync("shmmni", _count + 16, cancelled);

    protected override async Task CreateAsync(int count, CancellationToken cancelled) => _ids = await MakeIdsAsync(
        count,
        async () => (await Clients[0].SharedMemorySegments.CreateAsync(ObjectBytes, Mode, Lives, cancelled)).Id,
        cancelled);

    protected override async Task<ISharedMemory> AttachAsync(
        IIpcClient client, int number, CancellationToken cancelled) =>
        await client.SharedMemorySegments.Open(_ids[number]).AttachAsync(cancellationToken: cancelled);
}
