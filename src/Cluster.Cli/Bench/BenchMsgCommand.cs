using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Bench;

/// <summary>The load generator for message queues.</summary>
internal static class BenchMsgCommand
{
    private const string Description = """
        Measure message queues: calls a second and percentiles of their times. Acts as uid 0 in a namespace of its own,
        and removes it again.

        Each process keeps a window of calls in flight; each slot of it sends a message and then receives one, on queue
        after queue. A call is one send or one receive.

        Examples:
          ipc bench msg --durable --objects 16 --window 256 --seconds 10
          ipc bench msg --volatile --processes 2 --json
          ipc bench msg --backlog 100000
          ipc bench msg --waiters 10000 --waiter-types many
          ipc bench msg --sequential --seconds 5
          ipc bench msg --wake --messages 10000
        """;

    private static readonly BenchWords Terms = new(
        Objects: "Queues",
        MostObjects: 1_000_000,
        Payload: "Bytes of each message",
        DefaultPayload: 100,
        MostPayload: Bounds.MessageBytes,
        Messages: "Send so many messages (and receive as many) instead; without a warm-up",
        Sequential: "Measure one send at a time",
        Wake: "Measure from just before a send to the continuation of the receiver that it wakes",
        Backlog: "Messages of another type that lie in each queue meanwhile",
        Waiters: "Receivers of other types that are blocked on the first queue meanwhile",
        WaiterTypes: "The waiters wait for one type, or for one each");

    public static Command Create(Globals globals)
    {
        var arguments = new BenchArguments(Terms);
        var msg = new Command("msg", Description);
        arguments.AddTo(msg);
        globals.RunAlone(msg, async (parsed, cancelled) =>
        {
            var options = arguments.Read(parsed, globals.Options(parsed));
            if (!BenchWorld.Fits(options))
            {
                throw new UsageException($"--objects: {options.Objects} are more than {options.Processes} processes "
                    + "may touch: --processes");
            }

            await BenchCommand.RunAsync(
                globals, parsed, new BenchWorld(options, globals.Connect), cancelled, async (world, progress) =>
                {
                    var bench = new QueueBench<IMessageQueue, IpcMessage>(options, world, progress);
                    var report = await bench.RunAsync(cancelled);
                    return report.ToJson("msg", CallOf(options.Mode), options, await world.StatAsync(cancelled));
                });
        });
        return msg;
    }

    private static string CallOf(BenchMode mode) => mode switch
    {
        BenchMode.Sequential => "msgsnd",
        BenchMode.Wake => "wake",
        _ => "msgsnd+msgrcv",
    };
}
