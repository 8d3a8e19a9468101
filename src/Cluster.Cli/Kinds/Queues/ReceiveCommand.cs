using System.Text;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

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

    private static readonly byte[] Newline = "\n"u8.ToArray();
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static Command Create(Globals globals, Argument<int> id)
    {
        var options = new ReceiveOptions();
        var command = new Command("receive", Description) { id };
        options.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            var left = parsed.GetValue(options.Follow) ? long.MaxValue : parsed.GetValue(options.Count);
            for (; left > 0; left--)
            {
                // A message that cannot be written goes back to its place in the queue.
                await options.ReceiveAsync(
                    queue,
                    message => WriteAsync(globals, message, globals.Json(parsed), parsed.GetValue(options.Raw)),
                    parsed,
                    cancelled);
            }
        });
        return command;
    }

    /// <summary>Writes one message. All of it is written when the method returns.</summary>
    public static async ValueTask WriteAsync(Globals globals, IpcMessage message, bool json, bool raw)
    {
        if (json)
        {
            await globals.Out.WriteLineAsync(JsonOutput.Line(Json(message)));
        }
        else
        {
            // The bytes unchanged, also where they are not UTF-8.
            await globals.Out.FlushAsync();
            await globals.Out.BaseStream.WriteAsync(message.Text);
            if (!raw) await globals.Out.BaseStream.WriteAsync(Newline);
        }

        await globals.Out.FlushAsync();
    }

    /// <summary>A message. The text is a string if it is UTF-8, and base64 if not.</summary>
    private static JsonObject Json(IpcMessage message)
    {
        var json = new JsonObject { ["type"] = message.Type };
        try
        {
            json["text"] = Strict.GetString(message.Text.Span);
        }
        catch (DecoderFallbackException)
        {
            json["base64"] = Convert.ToBase64String(message.Text.Span);
        }

        json["revision"] = message.Revision;
        return json;
    }

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

        public Option<long> Count { get; } = new("--count")
        {
            HelpName = "N",
            Description = "How many, one after the other",
            DefaultValueFactory = _ => 1,
            CustomParser = result => Words.Number(result, 1, long.MaxValue),
        };

        public Option<bool> Follow { get; } = new("--follow")
        {
            Description = "One after the other, until interrupted",
        };

        public Option<bool> Raw { get; } = new("--raw") { Description = "Write exactly the bytes, without a newline" };

        public void AddTo(Command command)
        {
            Option[] options = [_type, _size, _nowait, _except, _noerror, _timeout, Count, Follow, Raw];
            foreach (var option in options) command.Add(option);
            command.Exclude(_nowait, _timeout);
            command.Exclude(Count, Follow);
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
