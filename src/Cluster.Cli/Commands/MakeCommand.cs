using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>ipcmk(1).</summary>
internal static class MakeCommand
{
    private const int KeyAttempts = 8;

    public static Command Create(Globals globals)
    {
        var queue = new Option<bool>("--queue", "-Q") { Description = "A message queue" };
        var mode = CommonOptions.Mode("-p");
        var key = new Option<int?>("--key")
        {
            HelpName = "KEY",
            Description = "The key, decimal or hexadecimal; 0: none (IPC_PRIVATE) [default: a random one]",
            CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
        };
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("ipcmk", "Make an IPC object, as ipcmk(1) does. Example: ipc ipcmk -Q -p 0600")
        {
            queue, mode, key, isVolatile,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(queue) is not { Implicit: false }) result.AddError("ipcmk: say what to make: -Q");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL | (parsed.GetValue(mode) ?? CommonOptions.DefaultMode);
            var lives = parsed.GetValue(isVolatile);
            var made = parsed.GetValue(key) is { } given
                ? await ipc.MessageQueues.GetAsync(given, flags, lives, cancelled)
                : await MakeAsync(ipc, flags, lives, cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["msqid"] = made.Id })
                : $"Message queue id: {made.Id}");
        });
        return command;
    }

    // A random key may be taken; another one hardly is.
    private static async Task<IMessageQueue> MakeAsync(
        IIpcClient ipc, int flags, bool isVolatile, CancellationToken cancelled)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var key = RandomNumberGenerator.GetInt32(1, int.MaxValue);
                return await ipc.MessageQueues.GetAsync(key, flags, isVolatile, cancelled);
            }
            catch (IpcException exception) when (exception.Errno == Errno.EEXIST && attempt < KeyAttempts)
            {
                // Another key.
            }
        }
    }
}
