using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>poll(2) of a queue.</summary>
internal static class MqueuePollCommand
{
    private const string Description = """
        poll(2): wait until there is a message (POLLIN), or room for one (POLLOUT), and print which. Another process may
        be faster to use it.

        Examples:
          ipc mq poll /jobs --in --timeout 10s
          ipc mq poll /jobs --in --out --json
        """;

    private static readonly (PollEvents Event, string Name)[] Known =
    [
        (PollEvents.Readable, "POLLIN"), (PollEvents.Writable, "POLLOUT"), (PollEvents.Error, "POLLERR"),
        (PollEvents.HangUp, "POLLHUP"),
    ];

    public static Command Create(Globals globals, Argument<string> name)
    {
        var input = new Option<bool>("--in") { Description = "Wait for a message [the default]" };
        var output = new Option<bool>("--out") { Description = "Wait for room for a message" };
        var timeout = CommonOptions.Timeout("");
        var command = new Command("poll", Description) { name, input, output, timeout };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var isWriter = parsed.GetValue(output);
            var isReader = parsed.GetValue(input) || !isWriter;
            // poll(2) looks at no access mode, so the tool opens the queue in the mode that the caller will need.
            var flags = (isReader, isWriter) switch
            {
                (true, true) => OpenFlags.ReadWrite,
                (false, _) => OpenFlags.WriteOnly,
                _ => OpenFlags.ReadOnly,
            };
            await using var queue = await ipc.PosixMessageQueues.OpenAsync(
                parsed.GetValue(name)!, flags, cancellationToken: cancelled);
            var events = (isReader ? PollEvents.Readable : 0) | (isWriter ? PollEvents.Writable : 0);
            var ready = await queue.PollAsync(events, parsed.GetValue(timeout), cancelled);
            if (ready == PollEvents.None) throw new IpcException(Errno.ETIMEDOUT, "poll");
            var words = Known.Where(each => (ready & each.Event) != 0).Select(each => each.Name);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["revents"] = new JsonArray([.. words]) })
                : string.Join('|', words));
        });
        return command;
    }
}
