namespace Cluster.Cli.Bench;

/// <summary>
/// The semaphore sets of a measurement. The load uses semaphore 0 of each set. The waiters wait for the other
/// semaphores of the first set.
/// </summary>
internal sealed class SemBenchWorld(
    BenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect)
    : BenchPlace(options, connect)
{
    /// <summary>The most waiters with a semaphore each: the most semaphores of a set, without the load's.</summary>
    public const int WaiterSemaphores = 31_999;

    private static readonly SemaphoreOperation[] Take = [new(1, -1)];

    private readonly BenchOptions _options = options;
    private readonly List<ISemaphoreSet[]> _sets = [];

    /// <summary>The handles of a process on the sets.</summary>
    public ISemaphoreSet[] Sets(int client) => _sets[client];

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
        foreach (var client in Clients) _sets.Add([.. ids.Select(client.SemaphoreSets.Open)]);
        await ParkAsync(
            (client, number) => client.SemaphoreSets.Open(first.Id)
                .OperateAsync(_options.ManyTypes ? [new((ushort)(number + 1), -1)] : Take).AsTask(),
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
