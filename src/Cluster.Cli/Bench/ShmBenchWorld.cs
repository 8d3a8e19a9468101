namespace Cluster.Cli.Bench;

/// <summary>The segments of a measurement, attached in each of its processes.</summary>
internal sealed class ShmBenchWorld(
    ShmBenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : BenchPlace(options.Load, connect)
{
    /// <summary>Bytes of a segment of the load.</summary>
    public const int SegmentBytes = 128 * 1024;

    private readonly List<ISharedMemoryAttachment[]> _attachments = [];

    /// <summary>The attachments of a process.</summary>
    public ISharedMemoryAttachment[] Attachments(int client) => _attachments[client];

    /// <summary>A new segment, attached.</summary>
    public async Task<ISharedMemoryAttachment> MakeAsync(long bytes, CancellationToken cancelled)
    {
        var segment = await Clients[0].SharedMemorySegments.CreateAsync(bytes, Mode, Lives, cancelled);
        return await segment.AttachAsync(cancellationToken: cancelled);
    }

    protected override Task SetLimitsAsync(INamespace limits, CancellationToken cancelled) =>
        limits.SetLimitAsync("shmmni", options.Load.Objects + 16, cancelled);

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        if (options.SequentialBytes > 0) return;
        var ids = await MakeIdsAsync(
            options.Load.Objects,
            async () => (await Clients[0].SharedMemorySegments.CreateAsync(
                SegmentBytes, Mode, Lives, cancelled)).Id,
            cancelled);
        foreach (var client in Clients)
        {
            var attaching = ids.Select(id =>
                client.SharedMemorySegments.Open(id).AttachAsync(cancellationToken: cancelled));
            _attachments.Add(await Task.WhenAll(attaching));
        }
    }
}
