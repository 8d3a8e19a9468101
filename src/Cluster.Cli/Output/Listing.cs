using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Output;

/// <summary>
/// Writes what ipcs shows. Ids come in pages and some hundred queues are asked at a time, so that a listing of any
/// length starts at once and takes little memory.
/// </summary>
internal sealed class Listing(TextWriter output, IIpcClient ipc, SizeUnit unit, bool json)
{
    private const int AskedAtOnce = 256;

    public Task TableAsync(CancellationToken cancelled) =>
        TableAsync(IpcsOutput.Title(unit), stat => IpcsOutput.Row(stat, unit), cancelled);

    public async Task TableAsync(string title, Func<QueueStat, string> row, CancellationToken cancelled)
    {
        await output.WriteLineAsync(title);
        await foreach (var stat in AllAsync(cancelled)) await output.WriteLineAsync(row(stat));
        await output.WriteLineAsync();
    }

    public async Task JsonAsync(CancellationToken cancelled)
    {
        var separator = "[";
        await foreach (var stat in AllAsync(cancelled))
        {
            await output.WriteAsync(separator);
            await output.WriteAsync(JsonOutput.Line(JsonOutput.Of(stat)));
            separator = ",\n";
        }

        await output.WriteLineAsync(separator == "[" ? "[]" : "]");
    }

    public async Task OneAsync(int id, CancellationToken cancelled)
    {
        var stat = await TryAsync(ipc.MessageQueues.Open(id).StatAsync(any: true, cancelled))
            ?? throw new FailedException($"ipcs: id {id} not found");
        await output.WriteLineAsync(json ? JsonOutput.Line(JsonOutput.Of(stat)) : IpcsOutput.One(stat, unit));
    }

    public async Task LimitsAsync(CancellationToken cancelled)
    {
        var limits = await ipc.MessageQueues.InfoAsync(cancelled);
        var values = new JsonObject
        {
            ["msgmni"] = limits.MsgMni, ["msgmax"] = limits.MsgMax, ["msgmnb"] = limits.MsgMnb,
        };
        await output.WriteLineAsync(json ? JsonOutput.Line(values) : IpcsOutput.Limits(limits, unit));
    }

    public async Task SummaryAsync(CancellationToken cancelled)
    {
        var usage = await ipc.MessageQueues.UsageAsync(cancelled);
        var values = new JsonObject
        {
            ["queues"] = usage.Queues, ["messages"] = usage.Messages, ["bytes"] = usage.Bytes,
        };
        await output.WriteLineAsync(json ? JsonOutput.Line(values) : IpcsOutput.Summary(usage, unit));
    }

    // In the order of the ids.
    private async IAsyncEnumerable<QueueStat> AllAsync([EnumeratorCancellation] CancellationToken cancelled)
    {
        var asked = new Queue<Task<QueueStat>>();
        await foreach (var entry in ipc.MessageQueues.ListAsync(cancelled))
        {
            asked.Enqueue(ipc.MessageQueues.Open(entry.Id).StatAsync(any: true, cancelled));
            if (asked.Count >= AskedAtOnce && await TryAsync(asked.Dequeue()) is { } stat) yield return stat;
        }

        while (asked.TryDequeue(out var next))
        {
            if (await TryAsync(next) is { } stat) yield return stat;
        }
    }

    // Null: there is no such queue, perhaps not any more.
    private static async Task<QueueStat?> TryAsync(Task<QueueStat> asked)
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
