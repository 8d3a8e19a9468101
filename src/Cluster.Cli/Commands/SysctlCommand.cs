using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Protocol;

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
          ipc --uid 0 --namespace /prod sysctl --inherit kernel.msgmax
        """;

    private static readonly string[] Names = ["msgmax", "msgmnb", "msgmni"];

    public static Command Create(Globals globals)
    {
        var settings = new Argument<Setting[]>("NAME[=VALUE]")
        {
            Description = "kernel.msgmax, kernel.msgmnb or kernel.msgmni [default: show all]",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = result => Words.ReadAll<Setting>(
                result, TryRead, "one of kernel.msgmax, kernel.msgmnb, kernel.msgmni, with =NUMBER to set it"),
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
                if (setting.Value is { } value) await ipc.Namespaces.SetLimitAsync(setting.Name, value, cancelled);
                if (parsed.GetValue(inherit)) await ipc.Namespaces.InheritLimitAsync(setting.Name, cancelled);
            }

            var limits = await ipc.Namespaces.GetLimitsAsync(cancelled);
            var json = new JsonObject();
            foreach (var name in given.Length == 0 ? Names : given.Select(setting => setting.Name))
                json[Prefix + name] = ValueOf(limits, name);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', json.Select(pair => $"{pair.Key} = {pair.Value}")));
        });
        return command;
    }

    private static long ValueOf(Limits limits, string name) => name switch
    {
        "msgmax" => limits.Msgmax,
        "msgmnb" => limits.Msgmnb,
        _ => limits.Msgmni,
    };

    private static bool IsAssignment(Token token) => token.Value.Contains('=', StringComparison.Ordinal);

    private static bool TryRead(string text, out Setting setting)
    {
        var parts = text.Split('=', 2, StringSplitOptions.TrimEntries);
        var name = parts[0].StartsWith(Prefix, StringComparison.Ordinal) ? parts[0][Prefix.Length..] : parts[0];
        setting = new Setting(name, null);
        if (!Names.Contains(name)) return false;
        if (parts.Length == 1) return true;
        var isNumber = long.TryParse(
            parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        setting = new Setting(name, value);
        return isNumber;
    }

    private readonly record struct Setting(string Name, long? Value);
}
