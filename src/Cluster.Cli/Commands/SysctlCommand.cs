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
          ipc --uid 0 sysctl kernel.msgmax=65536
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
            CustomParser = result => Words.ReadAll<Setting>(
                result, TryRead, $"one of {Known}, with =NUMBER (kernel.sem: up to four numbers) to set it"),
            DefaultValueFactory = _ => [],
        };
        var inherit = new Option<bool>("--inherit")
        {
            Description = "Drop the namespace's own values of these names: its parent's hold again",
        };
        var command = new Command("sysctl", Description) { settings, inherit };
        command.Validators.Add(result =>
        {
            var named = result.GetResult(settings)?.Tokens ?? [];
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
                    await ipc.Namespaces.SetLimitAsync(name, value, cancelled);
                if (!parsed.GetValue(inherit)) continue;
                foreach (var name in KernelLimits.In(setting.Name))
                    await ipc.Namespaces.InheritLimitAsync(name, cancelled);
            }

            var limits = await ipc.Namespaces.GetLimitsAsync(cancelled);
            var names = given.Length == 0 ? KernelLimits.Names : given.Select(setting => setting.Name).Distinct();
            var json = new JsonObject(names.Select(name =>
                KeyValuePair.Create(Prefix + name, (JsonNode?)KernelLimits.Json(limits, name))));
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', names.Select(name => $"{Prefix}{name} = {KernelLimits.Text(limits, name)}")));
        });
        return command;
    }

    private static bool IsAssignment(Token token) => token.Value.Contains('=', StringComparison.Ordinal);

    private static bool TryRead(string text, out Setting setting)
    {
        var parts = text.Split('=', 2, StringSplitOptions.TrimEntries);
        var name = parts[0].StartsWith(Prefix, StringComparison.Ordinal) ? parts[0][Prefix.Length..] : parts[0];
        setting = new Setting(name, []);
        if (!KernelLimits.Names.Contains(name)) return false;
        if (parts.Length == 1) return true;
        var isValid = KernelLimits.TryParse(name, parts[1], out var values);
        setting = new Setting(name, values);
        return isValid;
    }

    private readonly record struct Setting(string Name, long[] Values);
}
