using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>msgrcv(2).</summary>
internal static class ReceiveCommand
{
    private const string Description = """
        msgrcv(2): receive a message; waits until one comes.

        Examples:
          ipc msg receive 0 --type -5 --timeout 10s
          ipc msg receive 0 --follow --json
          ipc msg receive 0 --raw --nowait > file
        """;

    public static Command Create(Globals globals, Argument<int> id)
    {
        var options = new ReceiveOptions();
        var command = new Command("receive", Description) { id };
        options.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            for (var left = options.Repeat.Times(parsed); left > 0; left--)
            {
                // A message that cannot be written goes back to its place in the queue.
                await options.ReceiveAsync(
                    queue,
                    message => WriteAsync(globals, message, globals.Json(parsed), parsed.GetValue(options.Repeat.Raw)),
                    parsed,
                    cancelled);
            }
        });
        return command;
    }

    /// <summary>Writes one message. All of it is written when the method returns.</summary>
    public static ValueTask WriteAsync(Globals globals, IpcMessage message, bool json, bool raw) =>
        MessageOutput.WriteAsync(
            globals, new JsonObject { ["type"] = message.Type }, message.Text, message.Revision, json, raw);

    private sealed class ReceiveOptions
    {
        private readonly Option<long> _type = new("--type")
        {
            HelpName = "TYPE",
            Description = "0: the first; > 0: the first of the type; < 0: the lowest up to -TYPE [default: 0]",
            CustomParser = result => Words.Number(result, long.MinValue, long.MaxValue),
        };

        private readonly Option<int?> _size = new("--size")
        {
            HelpName = "BYTES",
            Description = "Room for the text (msgsz); a longer one is E2BIG [default: any]",
            CustomParser = result => Words.Number(result, 0, int.MaxValue),
        };

        private readonly Option<bool> _nowait = new("--nowait")
        {
            Description = "ENOMSG rather than wait (IPC_NOWAIT)",
        };

        private readonly Option<bool> _except = new("--except")
        {
            Description = "The first that is not of the type (MSG_EXCEPT)",
        };

        private readonly Option<bool> _noerror = new("--noerror")
        {
            Description = "Truncate what is longer than --size (MSG_NOERROR)",
        };

        private readonly Option<TimeSpan?> _timeout = CommonOptions.Timeout(" for each message");

        public RepeatOptions Repeat { get; } = new();

        public void AddTo(Command command)
        {
            Option[] options = [_type, _size, _nowait, _except, _noerror, _timeout];
            foreach (var option in options) command.Add(option);
            command.Exclude(_nowait, _timeout);
            Repeat.AddTo(command);
        }

        public Task ReceiveAsync(
            IMessageQueue queue,
            Func<IpcMessage, ValueTask> take,
            ParseResult parsed,
            CancellationToken cancelled)
        {
            var (type, size) = (parsed.GetValue(_type), parsed.GetValue(_size) ?? Bounds.MessageBytes);
            var flags = (parsed.GetValue(_except) ? MsgFlags.Except : 0)
                | (parsed.GetValue(_noerror) ? MsgFlags.NoError : 0)
                | (parsed.GetValue(_nowait) ? MsgFlags.NoWait : 0);
            return queue.ReceiveIntoAsync(take, type, size, flags, parsed.GetValue(_timeout), cancelled);
        }
    }
}
