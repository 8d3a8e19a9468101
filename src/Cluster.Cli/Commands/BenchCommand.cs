using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Bench;
using Cluster.Cli.Output;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>The load generator.</summary>
internal static class BenchCommand
{
    private static readonly Option<bool> Durable = new("--durable") { Description = "With a journal [the default]" };
    private static readonly Option<bool> IsVolatile = new("--volatile") { Description = "Without a journal" };
    private static readonly Option<int> Processes = Number("--processes", "Client processes", 1);
    private static readonly Option<int> Objects = Number("--objects", "Queues", 1);
    private static readonly Option<int> Payload = Number("--payload", "Bytes of each message", 100);
    private static readonly Option<int> Window = Number("--window", "Calls in flight of each process", 256);
    private static readonly Option<double> Seconds = new("--seconds")
    {
        HelpName = "N", DefaultValueFactory = _ => 10, Description = "How long to measure, after a warm-up of 2 s",
    };

    private static readonly Option<long> Messages = new("--messages")
    {
        HelpName = "N", Description = "So many sends, and as many receives, instead of a time",
    };

    private static readonly Option<int> Backlog = Number("--backlog", "Messages that lie in each queue meanwhile", 0);
    private static readonly Option<int> Waiters = Number("--waiters", "Receivers blocked on the first queue meanwhile", 0);
    private static readonly Option<string> WaiterTypes = new("--waiter-types")
    {
        HelpName = "one|many", DefaultValueFactory = _ => "one", Description = "They wait for one type, or for one each",
    };

    private static readonly Option<bool> Wake = new("--wake")
    {
        Description = "Measure from just before a send to the continuation of the receiver that was blocked",
    };

    private static readonly Option<bool> Sequential = new("--sequential") { Description = "Measure one send at a time" };

    public static Command Create(Globals globals)
    {
        var msg = new Command(
            "msg", "Measure message queues. Example: ipc bench msg --durable --objects 16 --window 256 --seconds 10")
        {
            Durable, IsVolatile, Processes, Objects, Payload, Window, Seconds, Messages, Backlog, Waiters, WaiterTypes,
            Wake, Sequential,
        };
        globals.RunAlone(msg, (parsed, cancelled) => RunAsync(globals, parsed, cancelled));
        return new Command("bench", "Measure a node") { msg };
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };

    private static async Task RunAsync(Globals globals, ParseResult parsed, CancellationToken cancelled)
    {
        var options = Options(globals, parsed);
        var isTerminal = !Console.IsErrorRedirected && !globals.Json(parsed);
        void Progress(string line)
        {
            if (isTerminal) globals.Error.Write($"\r{line,-70}");
        }

        await using var world = new BenchWorld(options, globals.Connect);
        await world.OpenAsync(cancelled);
        var report = options switch
        {
            { Sequential: true } => await new SingleBench(options, world).SequentialAsync(cancelled),
            { Wake: true } => await new SingleBench(options, world).WakeAsync(cancelled),
            _ => await new LoadBench(options, world, Progress).RunAsync(cancelled),
        };
        Progress("");
        var stat = await world.Clients[0].StatAsync(cancelled);
        report["node"] = stat.Node;
        report["journal"] = stat.Journal;
        report["journal_commit_us"] = Math.Round(stat.JournalCommitUs, 1);
        await globals.Out.WriteLineAsync(globals.Json(parsed) ? JsonOutput.Line(report) : Describe(report));
        if (report["errors"]!.GetValue<long>() > 0) throw new FailedQuietly();
    }

    private static BenchOptions Options(Globals globals, ParseResult parsed)
    {
        var options = new BenchOptions
        {
            Connection = globals.Options(parsed),
            Volatile = parsed.GetValue(IsVolatile),
            Processes = Check(parsed, Processes, 1, 1_000),
            Objects = Check(parsed, Objects, 1, 100_000),
            Payload = Check(parsed, Payload, 0, Bounds.MessageBytes),
            Window = Check(parsed, Window, 1, 16_384),
            Seconds = parsed.GetValue(Seconds),
            Messages = parsed.GetValue(Messages),
            Backlog = Check(parsed, Backlog, 0, 10_000_000),
            Waiters = Check(parsed, Waiters, 0, 1_000_000),
            ManyTypes = parsed.GetValue(WaiterTypes) == "many",
            Wake = parsed.GetValue(Wake),
            Sequential = parsed.GetValue(Sequential),
        };
        if (parsed.GetValue(Durable) && options.Volatile) throw new UsageException("bench: --durable or --volatile, not both");
        if (parsed.GetValue(WaiterTypes) is not ("one" or "many"))
            throw new UsageException("bench: --waiter-types: one or many");
        if (options.Seconds is not (> 0 and <= 86_400)) throw new UsageException("bench: --seconds: from above 0 to 86400");
        if (options.Messages < 0) throw new UsageException("bench: --messages: not below 0");
        return options;
    }

    private static int Check(ParseResult parsed, Option<int> option, int lowest, int highest)
    {
        var value = parsed.GetValue(option);
        return value >= lowest && value <= highest
            ? value
            : throw new UsageException($"bench: {option.Name}: {value} is not from {lowest} to {highest}");
    }

    private static string Describe(JsonObject report) =>
        string.Join('\n', report.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key,-18} {pair.Value}")));
}
