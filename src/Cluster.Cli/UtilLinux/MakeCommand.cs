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
          ipc ipcmk -q -n /jobs
          ipc ipcmk -m 64K -n /cache
        """;

    public static Command Create(Globals globals)
    {
        var options = CliKinds.By(order => order.Removed).ToDictionary(kind => kind, kind => kind.CreateMakeOption());
        var named = CliKinds.NamedOfUtilLinux.ToDictionary(kind => kind, kind => kind.CreateMakeOption());
        var name = new Option<string?>("--name", "-n")
        {
            HelpName = "NAME", Description = "The name of a POSIX object, such as /jobs; -m, -q and -s need it",
        };
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
        foreach (var made in named.Values) command.Add(made.Option);
        foreach (var option in new Option[] { name, mode, key, isVolatile }) command.Add(option);
        Option[] all = [.. options.Values.Select(each => each.Option), .. named.Values.Select(each => each.Option)];
        var choices = Words.List(all.Select(option => $"{option.Aliases.Single()} {option.HelpName}".Trim()), "or");
        command.Validators.Add(result =>
        {
            if (!all.Any(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"ipcmk: say what to make: {choices}");
            else if (named.Values.Any(made => result.GetResult(made.Option) is { Implicit: false })
                && result.GetResult(name) is null)
                result.AddError("ipcmk: name is required for POSIX IPC (-n NAME)");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var request = new GetRequest(
                Key: 0, Size: 0, GetFlags.Create | GetFlags.Exclusive,
                (UnixFileMode)(parsed.GetValue(mode) ?? CommonOptions.DefaultMode),
                CommonOptions.Lives(parsed, isVolatile));
            var json = new JsonObject();
            var lines = new List<string>();
            foreach (var kind in CliKinds.By(order => order.Made))
            {
                if (options[kind].Size(parsed) is { } size)
                {
                    var id = await MakeAsync(parsed.GetValue(key), each =>
                        kind.GetAsync(ipc, request with { Key = each, Size = size }, cancelled));
                    json[kind.Names.IdName] = id;
                    lines.Add($"{kind.Names.MadeNoun} id: {id}");
                }

                foreach (var (posix, made) in named.Where(each => each.Key.UtilLinux!.After == kind.Names.Word))
                {
                    if (parsed.GetResult(made.Option) is not { Implicit: false }) continue;
                    var making = new NamedMaking(parsed.GetValue(name)!, request.Mode, request.Lives);
                    await made.MakeAsync(ipc, parsed, making, cancelled);
                    json[posix.Names.Option] = making.Name;
                    lines.Add($"{posix.UtilLinux!.Noun} name: {making.Name}");
                }
            }

            await globals.Out.WriteLineAsync(globals.Json(parsed) ? JsonOutput.Line(json) : string.Join('\n', lines));
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
