using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Cli.Views;

namespace Cluster.Cli.Commands;

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

    private static readonly string Known = string.Join(", ", KernelLimits.Names.Select(name => Prefix + name));

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
            foreach (var setting in given)
            {
                // One after another, as Linux sets the numbers of kernel.sem: those before a wrong one hold.
                foreach (var (name, value) in KernelLimits.In(setting.Name).Zip(setting.Values))
                    await ipc.Namespace.SetLimitAsync(name, value, cancelled);
                if (!parsed.GetValue(inherit)) continue;
                foreach (var name in KernelLimits.In(setting.Name))
                    await ipc.Namespace.InheritLimitAsync(name, cancelled);
            }

            var limits = await ipc.Namespace.GetLimitsAsync(cancelled);
            var names = given.Length == 0 ? KernelLimits.Names : given.Select(setting => setting.Name).Distinct();
            var json = new JsonObject(names.Select(name =>
                KeyValuePair.Create(Prefix + name, (JsonNode?)KernelLimits.Json(limits, name))));
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', names.Select(name =>
                    (parsed.GetValue(valuesOnly) ? "" : $"{Prefix}{name} = ") + KernelLimits.Text(limits, name))));
        });
        return command;
    }

    private static bool IsAssignment(Token token) => token.Value.Contains('=', StringComparison.Ordinal);

    // What is wrong is said of the name or of the value: both come in one word.
    private static Setting[] Read(ArgumentResult result)
    {
        var settings = new List<Setting>();
        foreach (var token in result.Tokens)
        {
            var parts = token.Value.Split('=', 2, StringSplitOptions.TrimEntries);
            var dotted = parts[0].Replace('/', '.'); // sysctl(8) takes both
            var name = dotted.StartsWith(Prefix, StringComparison.Ordinal) ? dotted[Prefix.Length..] : dotted;
            var values = Array.Empty<long>();
            if (!KernelLimits.Names.Contains(name))
                result.AddError($"NAME: '{parts[0]}' is not one of {Known}");
            else if (parts.Length > 1 && !KernelLimits.TryParse(name, parts[1], out values))
                result.AddError($"{Prefix}{name}: '{parts[1]}' is not {KernelLimits.Expected(name)}");
            settings.Add(new Setting(name, values));
        }

        return [.. settings];
    }

    private readonly record struct Setting(string Name, long[] Values);
}
