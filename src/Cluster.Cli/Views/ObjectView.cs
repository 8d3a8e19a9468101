using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Views;

/// <summary>
/// What the kinds have in common. Ids come in pages and some hundred objects are asked at a time, so that a listing of
/// any length starts at once and takes little memory.
/// </summary>
internal abstract class ObjectView<TStat> : IObjectView
    where TStat : class
{
    private const int AskedAtOnce = 256;

    public abstract string Name { get; }

    public abstract string ProcTitle { get; }

    public abstract IReadOnlyList<Column> Columns { get; }

    public abstract string? Title(Layout layout, SizeUnit unit);

    public IAsyncEnumerable<string> RowsAsync(Layout layout, SizeUnit unit, CancellationToken cancelled) =>
        ShowAsync(stat => Row(stat, layout, unit), cancelled);

    public IAsyncEnumerable<JsonObject> JsonAsync(CancellationToken cancelled) => ShowAsync(Json, cancelled);

    public IAsyncEnumerable<string> ProcRowsAsync(CancellationToken cancelled) => ShowAsync(ProcRow, cancelled);

    public IAsyncEnumerable<string[]> CellsAsync(SizeUnit unit, CancellationToken cancelled) =>
        ShowAsync(stat => Cells(stat, unit), cancelled);

    public async Task<Shown?> OneAsync(int id, SizeUnit unit, CancellationToken cancelled) =>
        await TryAsync(StatAsync(id, cancelled)) is { } stat ? await OneAsync(stat, unit, cancelled) : null;

    public abstract Task<Shown> LimitsAsync(SizeUnit unit, CancellationToken cancelled);

    public abstract Task<Shown> SummaryAsync(SizeUnit unit, CancellationToken cancelled);

    public abstract Task<IReadOnlyList<string[]>> UsageAsync(SizeUnit unit, CancellationToken cancelled);

    protected abstract IAsyncEnumerable<int> IdsAsync(CancellationToken cancelled);

    protected abstract Task<TStat> StatAsync(int id, CancellationToken cancelled);

    protected abstract Task<Shown> OneAsync(TStat stat, SizeUnit unit, CancellationToken cancelled);

    protected abstract string Row(TStat stat, Layout layout, SizeUnit unit);

    protected abstract JsonObject Json(TStat stat);

    protected abstract string ProcRow(TStat stat);

    protected abstract string[] Cells(TStat stat, SizeUnit unit);

    private async IAsyncEnumerable<T> ShowAsync<T>(
        Func<TStat, T> show, [EnumeratorCancellation] CancellationToken cancelled)
    {
        var asked = new Queue<Task<TStat>>();
        await foreach (var id in IdsAsync(cancelled))
        {
            asked.Enqueue(StatAsync(id, cancelled));
            if (asked.Count >= AskedAtOnce && await TryAsync(asked.Dequeue()) is { } stat) yield return show(stat);
        }

        while (asked.TryDequeue(out var next))
        {
            if (await TryAsync(next) is { } stat) yield return show(stat);
        }
    }

    // Null: there is no such object, perhaps not any more.
    private static async Task<TStat?> TryAsync(Task<TStat> asked)
    {
        try
        {
            return await asked;
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM)
        {
            return null;
        }
    }
}
