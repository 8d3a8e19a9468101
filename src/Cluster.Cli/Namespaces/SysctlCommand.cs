using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Namespaces;

/// <summary>sysctl(8), for the limits of the namespace.</summary>
internal static class SysctlCommand
{
    private const string Description = """
        Read and set the limits of the namespace, as sysctl(8) does. Setting takes uid 0. kernel.msg_next_id and its
        like choose the id of the next object; -1: none is chosen.

        Examples:
          ipc sysctl
          ipc sysctl -n kernel.shmmax
          ipc --uid 0 sysctl -w kernel.msgmax=65536
          ipc sysctl fs.mqueue.msg_max
          ipc --uid 0 sysctl kernel.sem='250 32000 32 128'
          ipc --uid 0 sysctl -p limits.conf
          ipc --uid 0 --namespace /prod sysctl --inherit kernel.msgmax
        """;

    public static Command Create(Globals globals)
    {
        var options = new SysctlOptions();
        var command = new Command("sysctl", Description);
        options.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            if (parsed.GetValue(options.Load))
            {
                await LoadAsync(globals, options, ipc, parsed, cancelled);
                return;
            }

            Setting[] given = [.. parsed.GetValue(options.Words)!.Select(SysctlOptions.Parse)];
            foreach (var (file, values) in given)
            {
                if (values is not null) await file.WriteAsync(ipc, values, cancelled);
                else if (parsed.GetValue(options.Inherit)) await file.InheritAsync(ipc, cancelled);
            }

            var files = given.Length == 0 ? KernelLimits.Files : given.Select(setting => setting.File).Distinct();
            await ShowAsync(globals, ipc, [.. files], parsed, parsed.GetValue(options.ValuesOnly), cancelled);
        });
        return command;
    }

    private static async Task LoadAsync(
        Globals globals, SysctlOptions options, IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
    {
        var load = new SettingsLoad(globals, ipc, parsed.GetValue(options.IgnoreUnknown));
        var paths = parsed.GetValue(options.Words)!;
        foreach (var path in paths.Length == 0 ? [SettingsFile.Default] : paths) await load.LoadAsync(path, cancelled);
        if (!parsed.GetValue(options.Quiet))
            await ShowAsync(globals, ipc, load.Written, parsed, parsed.GetValue(options.ValuesOnly), cancelled);
        if (load.HasFailed) throw new FailedException(null);
    }

    private static async Task ShowAsync(
        Globals globals, IIpcClient ipc, IReadOnlyList<KernelFile> files, ParseResult parsed, bool valuesOnly,
        CancellationToken cancelled)
    {
        var json = new JsonObject();
        foreach (var file in files)
        {
            var numbers = await file.ReadAsync(ipc, cancelled);
            if (globals.Json(parsed)) json[file.Name] = KernelFile.Json(numbers);
            else await globals.Out.WriteLineAsync((valuesOnly ? "" : $"{file.Name} = ") + KernelFile.Text(numbers));
        }

        if (globals.Json(parsed)) await globals.Out.WriteLineAsync(JsonOutput.Line(json));
    }

    private sealed class SysctlOptions
    {
        public Argument<string[]> Words { get; } = new("NAME[=VALUE]")
        {
            Description = $"One of {Setting.Known} [default: show all]; with --load: a file, or - for standard input",
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => [],
        };

        public Option<bool> Inherit { get; } = new("--inherit")
        {
            Description = "Drop the namespace's own values of these names: its parent's hold again",
        };

        public Option<bool> ValuesOnly { get; } = new("--values", "-n") { Description = "Show values without names" };

        public Option<bool> Load { get; } = new("--load", "-p")
        {
            Description = $"Set what the files say, as sysctl.conf(5) has it [default: {SettingsFile.Default}]",
        };

        public Option<bool> IgnoreUnknown { get; } = new("--ignore", "-e")
        {
            Description = "With --load: unknown names are no failure",
        };

        public Option<bool> Quiet { get; } = new("--quiet", "-q")
        {
            Description = "With --load: do not show what was set",
        };

        private readonly Option<bool> _all = new("--all", "-a") { Description = "Show all" };

        private readonly Option<bool> _write = new("--write", "-w")
        {
            Description = "Set: refuse a NAME without a value",
        };

        public void AddTo(Command command)
        {
            command.Add(Words);
            foreach (var option in new Option[] { _all, ValuesOnly, _write, Inherit, Load, IgnoreUnknown, Quiet })
                command.Add(option);
            command.Exclude(_write, Inherit);
            command.Validators.Add(Validate);
        }

        /// <summary>A word that <see cref="Validate"/> has found to be valid.</summary>
        public static Setting Parse(string word) => Setting.TryParse(word, out var setting, out var error, out _)
            ? setting
            : throw new UsageException($"NAME: {error}");

        private void Validate(CommandResult result)
        {
            var named = result.GetResult(Words)?.Tokens ?? [];
            var loads = IsGiven(result, Load);
            if (loads && (IsGiven(result, _all) || IsGiven(result, _write) || IsGiven(result, Inherit)))
                result.AddError("sysctl: --load takes files, and none of --all, --write and --inherit");
            if (!loads && (IsGiven(result, IgnoreUnknown) || IsGiven(result, Quiet)))
                result.AddError("sysctl: --ignore and --quiet go with --load");
            if (loads) return;
            if (IsGiven(result, _all) && named.Count > 0)
                result.AddError("sysctl: --all takes no names");
            if (IsGiven(result, _write) && (named.Count == 0 || !named.All(IsAssignment)))
                result.AddError("sysctl: --write takes names with values, such as kernel.msgmax=8192");
            if (IsGiven(result, Inherit) && (named.Count == 0 || named.Any(IsAssignment)))
                result.AddError("sysctl: --inherit takes names without values");
            foreach (var token in named)
            {
                if (!Setting.TryParse(token.Value, out _, out var error, out var isUnknown))
                    result.AddError(isUnknown ? $"NAME: {error}" : error!);
            }
        }

        private static bool IsGiven(CommandResult result, Option option) =>
            result.GetResult(option) is { Implicit: false };

        private static bool IsAssignment(Token token) => token.Value.Contains('=', StringComparison.Ordinal);
    }
}
