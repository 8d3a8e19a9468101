using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Bench;

/// <summary>The load generator for POSIX message queues.</summary>
internal static class BenchMqCommand
{
    private const string Description = """
        Measure POSIX message queues: calls a second and percentiles of their times. Acts as uid 0 in a namespace of its
        own, and removes it again.

        Each process keeps a window of calls in flight; each slot of it sends a message and then receives one, on queue
        after queue, as for ipc bench msg. A call is one send or one receive.

        Examples:
          ipc bench mq --durable --objects 16 --window 256 --seconds 10
          ipc bench mq --volatile --priorities 32768 --backlog 50000 --json
          ipc bench mq --sequential --seconds 5
          ipc bench mq --wake --messages 10000
        """;

    private static readonly BenchWords Terms = new(
        Objects: "Queues",
        MostObjects: Bounds.NamedObjects,
        Payload: "Bytes of each message",
        DefaultPayload: 100,
        MostPayload: Bounds.MessageBytes,
        Messages: "Send so many messages (and receive as many) instead; without a warm-up",
        Sequential: "Measure one send at a time",
        Wake: "Measure from just before a send to the continuation of the receiver that it wakes",
        Backlog: "Messages that lie in each queue meanwhile",
        Waiters: null,
        WaiterTypes: null);

    public static Command Create(Globals globals)
    {
        var arguments = new BenchArguments(Terms);
        var priorities = CommonOptions.Number(
            "--priorities", "Priorities of the messages, in turn", 1, 1, Bounds.MqueuePriorities);
        var command = new Command("mq", Description) { priorities };
        arguments.AddTo(command);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var options = arguments.Read(parsed, globals.Options(parsed));
            if (WhyNot(options) is { } reason) throw new UsageException(reason);
            var count = parsed.GetValue(priorities);
            await BenchCommand.RunAsync(
                globals, parsed, new MqBenchWorld(options, count, globals.Connect), cancelled,
                async (world, progress) =>
                {
                    var bench = new QueueBench<IPosixMessageQueue, PosixMessage>(options, world, progress);
                    var report = await bench.RunAsync(cancelled);
                    var json = report.ToJson("mq", CallOf(options.Mode), options, await world.StatAsync(cancelled));
                    if (count > 1) json["priorities"] = count;
                    return json;
                });
        });
        return command;
    }

    // Null: it can be measured.
    private static string? WhyNot(BenchOptions options)
    {
        if (!MqBenchWorld.Fits(options))
        {
            return $"--objects: {options.Objects} are more than {options.Processes} processes may touch: --processes";
        }

        // A send that waits for room would not be the call that is measured.
        var most = Bounds.MqueueMessages - ((long)options.Processes * options.Window);
        return options.Backlog > Math.Max(0, most)
            ? $"--backlog: a queue has at most {Bounds.MqueueMessages} messages, and the calls in flight need room"
            : null;
    }

    private static string CallOf(BenchMode mode) => mode switch
    {
        BenchMode.Sequential => "mq_send",
        BenchMode.Wake => "wake",
        _ => "mq_send+mq_receive",
    };
}
