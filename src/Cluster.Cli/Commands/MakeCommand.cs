using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>ipcmk(1).</summary>
internal static class MakeCommand
{
    public static Command Create(Globals globals)
    {
        var queue = new Option<bool>("-Q", "--queue") { Description = "A message queue" };
        var mode = new Option<string>("-p", "--mode")
        {
            HelpName = "MODE", Description = "Permissions, octal", DefaultValueFactory = _ => "0644",
        };
        var key = new Option<string?>("--key") { HelpName = "KEY", Description = "The key [default: a random one]" };
        var isVolatile = new Option<bool>("--volatile")
        {
            Description = "Without a journal: as fast as memory, gone with its node",
        };
        var command = new Command("ipcmk", "Make an IPC object, as ipcmk(1) does. Example: ipc ipcmk -Q -p 0600")
        {
            queue, mode, key, isVolatile,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            if (!parsed.GetValue(queue)) throw new UsageException("ipcmk: say what to make: -Q");
            var bits = Parsing.Mode("--mode", parsed.GetValue(mode)!);
            var flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL | bits;
            var made = parsed.GetValue(key) is { } text
                ? await ipc.MessageQueues.GetAsync(Parsing.Key("--key", text), flags, parsed.GetValue(isVolatile), cancelled)
                : await ipc.MessageQueues.GetAsync(
                    RandomNumberGenerator.GetInt32(1, int.MaxValue), flags, parsed.GetValue(isVolatile), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["msqid"] = made.Id })
                : $"Message queue id: {made.Id}");
        });
        return command;
    }
}
