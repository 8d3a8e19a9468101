using System.Runtime.CompilerServices;

namespace Cluster.Cli.Bench;

/// <summary>
/// The semaphore sets of a measurement. The load uses semaphore 0 of each set. The waiters wait for the other
/// semaphores of the first set.
/// </summary>
internal sealed class SemBenchWorld(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : SemaphoreBenchWorld<ISemaphoreSet>(options, connect)
{
    /// <summary>The most waiters with a semaphore each: the most semaphores of a set, without the load's.</summary>
    public const int WaiterSemaphores = 31_999;

    private static readonly SemaphoreOperation[] Add = [new(0, 1)];
    private static readonly SemaphoreOperation[] Take = [new(0, -1)];
    private static readonly SemaphoreOperation[] Wait = [new(1, -1)];

    private readonly BenchOptions _options = options;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask AddAsync(ISemaphoreSet set, CancellationToken cancelled) =>
        await set.OperateAsync(Add, cancellationToken: cancelled);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask TakeAsync(ISemaphoreSet set, CancellationToken cancelled) =>
        await set.OperateAsync(Take, cancellationToken: cancelled);

    public override async Task<bool> IsAwaitedAsync(ISemaphoreSet set, CancellationToken cancelled) =>
        await set.GetIncreaseCountAsync(0, cancelled) > 0;

    public override async ValueTask<IAsyncDisposable> LockAsync(ISemaphoreSet set) => await set.LockAsync();

    protected override Task SetLimitsAsync(INamespace limits, CancellationToken cancelled) =>
        limits.SetLimitAsync("semmns", int.MaxValue, cancelled);

    protected override async Task MakeAsync(CancellationToken cancelled)
    {
        var others = _options.Waiters == 0 ? 0 : _options.ManyTypes ? _options.Waiters : 1;
        var first = await Clients[0].SemaphoreSets.CreateAsync(1 + others, Mode, Lives, cancelled);
        var rest = await MakeIdsAsync(
            _options.Objects - 1,
            async () => (await Clients[0].SemaphoreSets.CreateAsync(1, Mode, Lives, cancelled)).Id,
            cancelled);
        int[] ids = [first.Id, .. rest];
        foreach (var client in Clients) AddHandles([.. ids.Select(client.SemaphoreSets.Open)]);
        await ParkAsync(
            (client, number) => client.SemaphoreSets.Open(first.Id)
                .OperateAsync(_options.ManyTypes ? [new((ushort)(number + 1), -1)] : Wait).AsTask(),
            () => AreParkedAsync(first, others, cancelled),
            cancelled);
    }

    private async Task<bool> AreParkedAsync(ISemaphoreSet set, int others, CancellationToken cancelled)
    {
        for (var number = 1; number <= others; number++)
        {
            var wanted = _options.ManyTypes ? 1 : _options.Waiters;
            if (await set.GetIncreaseCountAsync(number, cancelled) < wanted) return false;
        }

        return true;
    }
}
