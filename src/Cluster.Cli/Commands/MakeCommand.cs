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

    private const string Description = """
        Make IPC objects, as ipcmk(1) does.

        Examples:
          ipc ipcmk -Q -p 0600
          ipc ipcmk -M 64K
          ipc ipcmk -S 3
        """;

    public static Command Create(Globals globals)
    {
        var options = new MakeOptions();
        var command = new UtilLinuxCommand("ipcmk", Description)
        {
            options.Segment, options.Set, options.Queue, options.Mode, options.Key, options.Volatile,
        };
        command.Validators.Add(result =>
        {
            var isGiven = new Option[] { options.Segment, options.Set, options.Queue }
                .Any(option => result.GetResult(option) is { Implicit: false });
            if (!isGiven) result.AddError("ipcmk: say what to make: -M SIZE, -S NSEMS or -Q");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            const GetFlags flags = GetFlags.Create | GetFlags.Exclusive;
            var mode = (UnixFileMode)(parsed.GetValue(options.Mode) ?? CommonOptions.DefaultMode);
            var (key, lives) = (parsed.GetValue(options.Key), CommonOptions.Lives(parsed, options.Volatile));
            var made = new List<(string Name, string Text, int Id)>();
            if (parsed.GetValue(options.Segment) is { } size)
            {
                made.Add(("shmid", "Shared memory", await MakeAsync(key, async each =>
                    (await ipc.SharedMemorySegments.GetAsync(each, size, flags, mode, lives, cancelled)).Id)));
            }

            if (parsed.GetValue(options.Queue))
            {
                made.Add(("msqid", "Message queue", await MakeAsync(key, async each =>
                    (await ipc.MessageQueues.GetAsync(each, flags, mode, lives, cancelled)).Id)));
            }

            if (parsed.GetValue(options.Set) is { } count)
            {
                made.Add(("semid", "Semaphore", await MakeAsync(key, async each =>
                    (await ipc.SemaphoreSets.GetAsync(each, count, flags, mode, lives, cancelled)).Id)));
            }

            var json = new JsonObject(made.Select(each => KeyValuePair.Create(each.Name, (JsonNode?)each.Id)));
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', made.Select(each => $"{each.Text} id: {each.Id}")));
        });
        return command;
    }

    // A random key may be taken; another one hardly is.
    private static async Task<int> MakeAsync(int? key, Func<int, Task<int>> make)
    {
        if (key is { } given) return await make(given);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await make(RandomNumberGenerator.GetInt32(1, int.MaxValue));
            }
            catch (IpcException exception) when (exception.Errno == Errno.EEXIST && attempt < KeyAttempts)
            {
                // Another key.
            }
        }
    }

    private sealed class MakeOptions
    {
        public Option<long?> Segment { get; } = new("--shmem", "-M")
        {
            HelpName = "SIZE",
            Description = "A shared memory segment of so many bytes; suffixes: K, M, G ... (1024), KB, MB ... (1000)",
            CustomParser = result => Words.Read<long>(result, Parsing.TrySize, "a size such as 4096, 64K or 1.5M"),
        };

        public Option<int?> Set { get; } = new("--semaphore", "-S")
        {
            HelpName = "NSEMS",
            Description = "A set of so many semaphores",
            CustomParser = result => Words.Number(result, 0, int.MaxValue),
        };

        public Option<bool> Queue { get; } = new("--queue", "-Q") { Description = "A message queue" };

        public Option<int?> Mode { get; } = new("--mode", "-p")
        {
            HelpName = "MODE",
            Description = "Permissions, octal; what is above 0777 is left out [default: 0644]",
            CustomParser = result => Words.Read<int>(result, Parsing.TryWideMode, "a mode such as 0600"),
        };

        public Option<int?> Key { get; } = new("--key")
        {
            HelpName = "KEY",
            Description = "The key, decimal or hexadecimal; 0: none (IPC_PRIVATE) [default: a random one]",
            CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
        };

        public Option<bool> Volatile { get; } = CommonOptions.Volatile();
    }
}
