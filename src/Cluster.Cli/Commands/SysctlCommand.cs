using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;

namespace Cluster.Cli.Commands;

/// <summary>sysctl(8), for the limits of the namespace.</summary>
internal static class SysctlCommand
{
    private const string Prefix = "kernel.";

    public static Command Create(Globals globals)
    {
        var settings = new Argument<string[]>("NAME[=VALUE]")
        {
            Description = "kernel.msgmax, kernel.msgmnb or kernel.msgmni [default: show all]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var inherit = new Option<bool>("--inherit")
        {
            Description = "Drop the namespace's own value: the parent namespace's holds again",
        };
        var command = new Command("sysctl", "Read and set limits. Example: ipc --uid 0 sysctl kernel.msgmax=65536")
        {
            settings, inherit,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var wanted = parsed.GetValue(settings) ?? [];
            foreach (var setting in wanted.Where(each => each.Contains('=', StringComparison.Ordinal)))
            {
                var (name, value) = Split(setting);
                await ipc.Namespaces.SetLimitAsync(name, value, cancelled);
            }

            if (parsed.GetValue(inherit))
            {
                foreach (var name in wanted) await ipc.Namespaces.InheritLimitAsync(Bare(name), cancelled);
            }

            var limits = await ipc.Namespaces.GetLimitsAsync(cancelled);
            var values = new Dictionary<string, long>
            {
                ["msgmax"] = limits.Msgmax, ["msgmnb"] = limits.Msgmnb, ["msgmni"] = limits.Msgmni,
            };
            var shown = wanted.Length == 0 ? values.Keys : wanted.Select(each => Bare(each.Split('=')[0]));
            var json = new JsonObject();
            foreach (var name in shown)
            {
                if (!values.TryGetValue(name, out var value))
                    throw new UsageException($"sysctl: there is no {Prefix}{name}: {string.Join(", ", values.Keys)}");
                json[Prefix + name] = value;
            }

            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(json)
                : string.Join('\n', json.Select(pair => $"{pair.Key} = {pair.Value}")));
        });
        return command;
    }

    private static string Bare(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    private static (string Name, long Value) Split(string setting)
    {
        var parts = setting.Split('=', 2);
        return long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? (Bare(parts[0].Trim()), value)
            : throw new UsageException($"sysctl: {setting}: '{parts[1]}' is not a number");
    }
}
