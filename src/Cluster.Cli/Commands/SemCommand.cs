using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>The calls on semaphore sets.</summary>
internal static class SemCommand
{
    private const string Description = "Calls on semaphore sets. Example: ipc sem op 0 0:-1";

    private const string OpDescription = """
        semop(2): perform operations, all or none; waits until they can be performed. Prints the set's revision, a
        fencing token. Each is NUMBER:AMOUNT; AMOUNT is positive to add, negative to take, 0 to wait for zero. What is
        taken is not given back when this command ends.

        Examples:
          ipc sem op 0 0:+1
          ipc sem op 0 0:-1 1:-2 --timeout 10s
          ipc sem op 0 0:0 --nowait
        """;

    public static Command Create(Globals globals) => new("sem", Description)
    {
        Get(globals),
        Operate(globals),
        Values(globals),
        SetValues(globals),
        Stat(globals),
        Set(globals),
    };

    private static Command Get(Globals globals)
    {
        var key = new Argument<int>("KEY")
        {
            Description = "Decimal, or hexadecimal with 0x; 0 makes a set without a key (IPC_PRIVATE)",
            CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
        };
        var count = new Option<int>("--count")
        {
            HelpName = "NSEMS",
            Description = "Semaphores of the set; 0: as many as it has",
            DefaultValueFactory = _ => 1,
            CustomParser = result => Words.Number(result, 0, int.MaxValue),
        };
        var create = new Option<bool>("--create") { Description = "Make it if there is none (IPC_CREAT)" };
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (IPC_EXCL)" };
        var mode = CommonOptions.Mode();
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("get", "semget(2): the id of a key's set. Example: ipc sem get 42 --create --count 3")
        {
            key, count, create, exclusive, mode, isVolatile,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            // On a set that exists the mode bits ask for permissions: only who states them asks.
            var flags = (parsed.GetValue(create) ? GetFlags.Create : 0)
                | (parsed.GetValue(exclusive) ? GetFlags.Exclusive : 0);
            var bits = (UnixFileMode)(parsed.GetValue(mode)
                ?? (parsed.GetValue(create) ? CommonOptions.DefaultMode : 0));
            var set = await ipc.SemaphoreSets.GetAsync(
                parsed.GetValue(key), parsed.GetValue(count), flags, bits,
                CommonOptions.Lives(parsed, isVolatile), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["semid"] = set.Id })
                : set.Id.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static Command Operate(Globals globals)
    {
        var id = SetId();
        var operations = new Argument<SemaphoreOperation[]>("NUMBER:AMOUNT")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "The operations, in their order",
            CustomParser = result =>
                Words.ReadAll<SemaphoreOperation>(result, TryOperation, "an operation such as 0:-1"),
        };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait (IPC_NOWAIT)" };
        var timeout = CommonOptions.Timeout("");
        var command = new Command("op", OpDescription) { id, operations, nowait, timeout };
        command.Exclude(nowait, timeout);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = parsed.GetValue(nowait) ? SemFlags.NoWait : SemFlags.None;
            var all = parsed.GetValue(operations)!.Select(operation => operation with { Flags = flags });
            var set = ipc.SemaphoreSets.Open(parsed.GetValue(id));
            var revision = await set.OperateAsync([.. all], parsed.GetValue(timeout), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["revision"] = revision })
                : revision.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static Command Values(Globals globals)
    {
        var id = SetId();
        const string description = "GETALL, GETPID, GETNCNT, GETZCNT, a semaphore a line. Example: ipc sem values 0";
        var command = new Command("values", description) { id };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var all = await ipc.SemaphoreSets.Open(parsed.GetValue(id)).PeekAsync(cancelled);
            if (!globals.Json(parsed))
                await globals.Out.WriteLineAsync("semnum     value      ncount     zcount     pid");
            for (var number = 0; number < all.Count; number++)
            {
                var (value, pid, increase, zero) = all[number];
                await globals.Out.WriteLineAsync(globals.Json(parsed)
                    ? JsonOutput.Line(JsonOutput.Of(all, number))
                    : $"{number,-10} {value,-10} {increase,-10} {zero,-10} {pid}");
            }
        });
        return command;
    }

    private static Command SetValues(Globals globals)
    {
        var id = SetId();
        var values = new Argument<int[]>("VALUE")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "One for each semaphore; with --number, for that one",
            CustomParser = result => Words.Numbers(result, 0, int.MaxValue),
        };
        var number = new Option<int?>("--number")
        {
            HelpName = "NUMBER",
            Description = "SETVAL of one semaphore",
            CustomParser = result => Words.Number(result, 0, ushort.MaxValue),
        };
        var command = new Command("set-values", "SETALL, SETVAL. Example: ipc sem set-values 0 1 1 5")
        {
            id, values, number,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(number) is not null && result.GetResult(values)?.Tokens.Count > 1)
                result.AddError("set-values: one VALUE with --number");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var set = ipc.SemaphoreSets.Open(parsed.GetValue(id));
            var all = parsed.GetValue(values)!;
            if (parsed.GetValue(number) is { } one) await set.SetValueAsync(one, all[0], cancelled);
            else await set.SetAllAsync(all, cancelled);
        });
        return command;
    }

    private static Command Stat(Globals globals)
    {
        var id = SetId();
        var command = new Command("stat", "IPC_STAT: struct semid_ds. Example: ipc sem stat 0 --json") { id };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var stat = await ipc.SemaphoreSets.Open(parsed.GetValue(id)).StatAsync(any: false, cancelled);
            await globals.Out.WriteLineAsync(JsonOutput.Of(stat).Show(globals.Json(parsed)));
        });
        return command;
    }

    private static Command Set(Globals globals)
    {
        var id = SetId();
        var owner = CommonOptions.Owner("--owner-uid", "--owner", "The new owner (sem_perm.uid)");
        var group = CommonOptions.Owner("--owner-gid", "--group", "The new group (sem_perm.gid)");
        var mode = CommonOptions.Mode();
        mode.Description = "Permissions, octal (sem_perm.mode)";
        var command = new Command("set", "IPC_SET; what is not named stays. Example: ipc sem set 0 --mode 0660")
        {
            id, owner, group, mode,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var set = ipc.SemaphoreSets.Open(parsed.GetValue(id));
            var change = new PermissionsChange
            {
                Uid = parsed.GetValue(owner),
                Gid = parsed.GetValue(group),
                Mode = (UnixFileMode?)parsed.GetValue(mode),
            };
            await set.SetAsync(change, cancelled);
        });
        return command;
    }

    private static Argument<int> SetId() => new("ID")
    {
        Description = "The set's id (semid)",
        CustomParser = result => Words.Number(result, 0, int.MaxValue),
    };

    private static bool TryOperation(string text, out SemaphoreOperation operation)
    {
        var parts = text.Split(':');
        operation = default;
        if (parts.Length != 2
            || !ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !short.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount))
            return false;
        operation = new SemaphoreOperation(number, amount);
        return true;
    }
}
