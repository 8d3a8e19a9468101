using System.CommandLine;
using System.Text;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>msgrcv(2).</summary>
internal static class ReceiveCommand
{
    public static Command Create(Globals globals)
    {
        var id = MsgCommand.Id();
        var type = new Option<long>("--type")
        {
            HelpName = "TYPE", Description = "0: the first; > 0: the first of the type; < 0: the lowest up to -TYPE",
        };
        var size = new Option<int>("--size")
        {
            HelpName = "BYTES", DefaultValueFactory = _ => Bounds.MessageBytes, Description = "Room for the text (msgsz)",
        };
        var nowait = new Option<bool>("--nowait") { Description = "ENOMSG rather than wait (IPC_NOWAIT)" };
        var except = new Option<bool>("--except") { Description = "The first that is not of the type (MSG_EXCEPT)" };
        var noerror = new Option<bool>("--noerror") { Description = "Truncate what is longer than --size (MSG_NOERROR)" };
        var timeout = new Option<string?>("--timeout")
        {
            HelpName = "TIME", Description = "How long to wait for each message: 500ms, 10s, 2m [default: for ever]",
        };
        var count = new Option<long>("--count") { HelpName = "N", DefaultValueFactory = _ => 1, Description = "How many" };
        var follow = new Option<bool>("--follow") { Description = "One after the other, until interrupted" };
        var raw = new Option<bool>("--raw") { Description = "Write exactly the bytes, without a newline" };
        var command = new Command(
            "receive", "msgrcv(2): waits until a message comes. Example: ipc msg receive 0 --type -5 --timeout 10s")
        {
            id, type, size, nowait, except, noerror, timeout, count, follow, raw,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            TimeSpan? patience = parsed.GetValue(timeout) is { } time ? Parsing.Duration("--timeout", time) : null;
            var flags = (parsed.GetValue(except) ? IpcFlags.MSG_EXCEPT : 0)
                | (parsed.GetValue(noerror) ? IpcFlags.MSG_NOERROR : 0);
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            var left = parsed.GetValue(follow) ? long.MaxValue : parsed.GetValue(count);
            for (; left > 0; left--)
            {
                var message = parsed.GetValue(nowait)
                    ? await queue.TryReceiveAsync(parsed.GetValue(type), parsed.GetValue(size), flags, cancelled)
                        ?? throw new IpcException(Errno.ENOMSG, "msgrcv")
                    : await queue.ReceiveAsync(
                        parsed.GetValue(type), parsed.GetValue(size), flags, patience, cancelled);
                await WriteAsync(globals, message, globals.Json(parsed), parsed.GetValue(raw));
            }
        });
        return command;
    }

    /// <summary>Writes one message.</summary>
    public static async Task WriteAsync(Globals globals, IpcMessage message, bool json, bool raw)
    {
        if (raw)
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(message.Text);
        }
        else
        {
            var text = json ? JsonOutput.Line(JsonOutput.Of(message)) : Encoding.UTF8.GetString(message.Text.Span);
            await globals.Out.WriteLineAsync(text);
        }

        await globals.Out.FlushAsync();
    }
}
