using System.CommandLine;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>ipcs(1). A long listing streams: ids come in pages, and some hundred queues are asked at a time.</summary>
internal static class ListCommand
{
    private const int AskedAtOnce = 256;

    public static Command Create(Globals globals)
    {
        var queues = Flag("-q", "--queues", "Message queues (there is nothing else yet)");
        var id = new Option<int?>("-i", "--id") { HelpName = "ID", Description = "Details of one queue" };
        var times = Flag("-t", "--time", "Times");
        var pids = Flag("-p", "--pid", "Last sender and receiver");
        var creators = Flag("-c", "--creator", "Creators and owners");
        var limits = Flag("-l", "--limits", "Limits of the namespace");
        var summary = Flag("-u", "--summary", "What is in use");
        var command = new Command("ipcs", "Show IPC objects, as ipcs(1) does. Example: ipc ipcs -q -t")
        {
            queues, id, times, pids, creators, limits, summary,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            if (parsed.GetValue(id) is { } one) await OneAsync(globals, ipc, parsed, one, cancelled);
            else if (parsed.GetValue(limits)) await LimitsAsync(globals, ipc, parsed, cancelled);
            else if (parsed.GetValue(summary)) await SummaryAsync(globals, ipc, parsed, cancelled);
            else if (globals.Json(parsed)) await JsonAsync(globals, ipc, cancelled);
            else if (parsed.GetValue(times))
                await TableAsync(globals, ipc, IpcsOutput.TimesTitle, IpcsOutput.Times, cancelled);
            else if (parsed.GetValue(pids))
                await TableAsync(globals, ipc, IpcsOutput.PidsTitle, IpcsOutput.Pids, cancelled);
            else if (parsed.GetValue(creators))
                await TableAsync(globals, ipc, IpcsOutput.CreatorsTitle, IpcsOutput.Creators, cancelled);
            else await TableAsync(globals, ipc, IpcsOutput.Title, IpcsOutput.Row, cancelled);
        });
        return command;
    }

    private static Option<bool> Flag(string letter, string name, string description) =>
        new(letter, name) { Description = description };

    private static async Task OneAsync(
        Globals globals, IIpcClient ipc, ParseResult parsed, int id, CancellationToken cancelled)
    {
        try
        {
            var stat = await ipc.MessageQueues.Open(id).StatAsync(any: true, cancelled);
            var text = globals.Json(parsed) ? JsonOutput.Line(JsonOutput.Of(stat)) : IpcsOutput.One(stat);
            await globals.Out.WriteLineAsync(text);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM)
        {
            throw new UnknownObject($"ipcs: id {id} not found");
        }
    }

    private static async Task LimitsAsync(
        Globals globals, IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
    {
        var limits = await ipc.MessageQueues.InfoAsync(cancelled);
        await globals.Out.WriteLineAsync(globals.Json(parsed)
            ? JsonOutput.Line(new JsonObject
            {
                ["msgmni"] = limits.MsgMni, ["msgmax"] = limits.MsgMax, ["msgmnb"] = limits.MsgMnb,
            })
            : IpcsOutput.Limits(limits));
    }

    private static async Task SummaryAsync(
        Globals globals, IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
    {
        var usage = await ipc.MessageQueues.UsageAsync(cancelled);
        await globals.Out.WriteLineAsync(globals.Json(parsed)
            ? JsonOutput.Line(new JsonObject
            {
                ["queues"] = usage.Queues, ["messages"] = usage.Messages, ["bytes"] = usage.Bytes,
            })
            : IpcsOutput.Summary(usage));
    }

    private static async Task TableAsync(
        Globals globals, IIpcClient ipc, string title, Func<QueueStat, string> row, CancellationToken cancelled)
    {
        await globals.Out.WriteLineAsync(title);
        await foreach (var stat in AllAsync(ipc, cancelled)) await globals.Out.WriteLineAsync(row(stat));
        await globals.Out.WriteLineAsync();
    }

    private static async Task JsonAsync(Globals globals, IIpcClient ipc, CancellationToken cancelled)
    {
        var separator = "[";
        await foreach (var stat in AllAsync(ipc, cancelled))
        {
            await globals.Out.WriteAsync(separator + JsonOutput.Line(JsonOutput.Of(stat)));
            separator = ",\n";
        }

        await globals.Out.WriteLineAsync(separator == "[" ? "[]" : "]");
    }

    // In the order of the ids. A queue that is removed meanwhile is not there.
    private static async IAsyncEnumerable<QueueStat> AllAsync(
        IIpcClient ipc, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
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

/// <summary>There is no such object; said in the words of util-linux.</summary>
/// <param name="message">For the user.</param>
internal sealed class UnknownObject(string message) : Exception(message);
