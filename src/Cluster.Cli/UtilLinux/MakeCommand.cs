using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

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
        var options = CliKinds.By(order => order.Removed).ToDictionary(kind => kind, kind => kind.CreateMakeOption());
        var mode = new Option<int?>("--mode", "-p")
        {
            HelpName = "MODE",
            Description = "Permissions, octal; what is above 0777 is left out [default: 0644]",
            CustomParser = result => Words.Read<int>(result, Parsing.TryWideMode, "a mode such as 0600"),
        };
        var key = new Option<int?>("--key")
        {
            HelpName = "KEY",
            Description = "The key, decimal or hexadecimal; 0: none (IPC_PRIVATE) [default: a random one]",
            CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
        };
        var isVolatile = CommonOptions.Volatile();
        var command = new UtilLinuxCommand("ipcmk", Description);
        foreach (var made in options.Values) command.Add(made.Option);
        foreach (var option in new Option[] { mode, key, isVolatile }) command.Add(option);
        var choices = Words.List(
            options.Select(each => $"{each.Value.Option.Aliases.Single()} {each.Value.Option.HelpName}".Trim()), "or");
        command.Validators.Add(result =>
        {
            if (!options.Values.Any(made => result.GetResult(made.Option) is { Implicit: false }))
                result.AddError($"ipcmk: say what to make: {choices}");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var request = new GetRequest(
                Key: 0, Size: 0, GetFlags.Create | GetFlags.Exclusive,
                (UnixFileMode)(parsed.GetValue(mode) ?? CommonOptions.DefaultMode),
                CommonOptions.Lives(parsed, isVolatile));
            var made = new List<(SystemVNames Kind, int Id)>();
            foreach (var kind in CliKinds.By(order => order.Made))
            {
                if (options[kind].Size(parsed) is not { } size) continue;
                made.Add((kind.Names, await MakeAsync(parsed.GetValue(key), each =>
                    kind.GetAsync(ipc, request with { Key = each, Size = size }, cancelled))));
            }

            var json = new JsonObject(made.Select(each => KeyValuePair.Create(each.Kind.IdName, (JsonNode?)each.Id)));
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', made.Select(each => $"{each.Kind.MadeNoun} id: {each.Id}")));
        });
        return command;
    }

    // A random key may be taken. After some attempts the caller is told.
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
}
