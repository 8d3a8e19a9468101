using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Namespaces;

/// <summary>sysctl(8), for the limits of the namespace.</summary>
internal static class SysctlCommand
{
    private const string Prefix = "kernel.";

    private const string Description = """
        Read and set the limits of the namespace, as sysctl(8) does. Setting takes uid 0.

        Examples:
          ipc sysctl
          ipc sysctl -n kernel.shmmax
          ipc --uid 0 sysctl -w kernel.msgmax=65536
          ipc --uid 0 sysctl kernel.sem='250 32000 32 128'
          ipc --uid 0 --namespace /prod sysctl --inherit kernel.msgmax
        """;

    private static readonly string Known = string.Join(", ", KernelLimits.Files.Select(file => Prefix + file.Name));

    public static Command Create(Globals globals)
    {
        var settings = new Argument<Setting[]>("NAME[=VALUE]")
        {
            Description = $"One of {Known} [default: show all]",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = Read,
            DefaultValueFactory = _ => [],
        };
        var inherit = new Option<bool>("--inherit")
        {
            Description = "Drop the namespace's own values of these names: its parent's hold again",
        };
        var all = new Option<bool>("--all", "-a") { Description = "Show all" };
        var valuesOnly = new Option<bool>("--values", "-n") { Description = "Show values without names" };
        var write = new Option<bool>("--write", "-w") { Description = "Set: refuse a NAME without a value" };
        var command = new Command("sysctl", Description) { settings, all, valuesOnly, write, inherit };
        command.Exclude(write, inherit);
        command.Validators.Add(result =>
        {
            var named = result.GetResult(settings)?.Tokens ?? [];
            if (result.GetResult(all) is { Implicit: false } && named.Count > 0)
                result.AddError("sysctl: --all takes no names");
            if (result.GetResult(write) is { Implicit: false } && (named.Count == 0 || !named.All(IsAssignment)))
                result.AddError("sysctl: --write takes names with values, such as kernel.msgmax=8192");
            if (result.GetResult(inherit) is { Implicit: false } && (named.Count == 0 || named.Any(IsAssignment)))
                result.AddError("sysctl: --inherit takes names without values");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var given = parsed.GetValue(settings)!;
            foreach (var (file, values) in given)
            {
                // One after another, as Linux sets the numbers of kernel.sem: those before an invalid one are set.
                foreach (var (limit, value) in file.Limits.Zip(values))
                    await ipc.Namespace.SetLimitAsync(limit.Name, value, cancelled);
                if (!parsed.GetValue(inherit)) continue;
                foreach (var limit in file.Limits) await ipc.Namespace.InheritLimitAsync(limit.Name, cancelled);
            }

            var limits = await ipc.Namespace.GetLimitsAsync(cancelled);
            var files = given.Length == 0 ? KernelLimits.Files : given.Select(setting => setting.File).Distinct();
            var json = new JsonObject(files.Select(file =>
                KeyValuePair.Create(Prefix + file.Name, (JsonNode?)file.Json(limits))));
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', files.Select(file =>
                    (parsed.GetValue(valuesOnly) ? "" : $"{Prefix}{file.Name} = ") + file.Text(limits))));
        });
        return command;
    }

    private static bool IsAssignment(Token token) => token.Value.Contains('=', StringComparison.Ordinal);

    // An error is about the name or about the value, although both come in one word.
    private static Setting[] Read(ArgumentResult result)
    {
        var settings = new List<Setting>();
        foreach (var token in result.Tokens)
        {
            var parts = token.Value.Split('=', 2, StringSplitOptions.TrimEntries);
            var dotted = parts[0].Replace('/', '.'); // sysctl(8) takes both
            var name = dotted.StartsWith(Prefix, StringComparison.Ordinal) ? dotted[Prefix.Length..] : dotted;
            var values = Array.Empty<long>();
            if (KernelLimits.Find(name) is not { } file)
                result.AddError($"NAME: '{parts[0]}' is not one of {Known}");
            else if (parts.Length > 1 && !file.TryParse(parts[1], out values))
                result.AddError($"{Prefix}{name}: '{parts[1]}' is not {file.Expected}");
            else
                settings.Add(new Setting(file, values));
        }

        return [.. settings];
    }

    private readonly record struct Setting(KernelFile File, long[] Values);
}
