using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>Shows and sets the values of a set: semctl(2).</summary>
internal static class ValuesCommands
{
    public static Command Show(Globals globals, Argument<int> id)
    {
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
                    ? JsonOutput.Line(Json(all[number], number))
                    : $"{number,-10} {value,-10} {increase,-10} {zero,-10} {pid}");
            }
        });
        return command;
    }

    public static Command Set(Globals globals, Argument<int> id)
    {
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
        const string description = "SETALL, SETVAL. Example: ipc sem set-values 0 1 1 5";
        var command = new Command("set-values", description) { id, values, number };
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

    /// <summary>One semaphore of a set.</summary>
    public static JsonNode Json(SemaphoreState semaphore, int number) => new JsonObject
    {
        ["semnum"] = number,
        ["value"] = semaphore.Value,
        ["ncount"] = semaphore.IncreaseCount,
        ["zcount"] = semaphore.ZeroCount,
        ["pid"] = semaphore.Pid,
    };
}
