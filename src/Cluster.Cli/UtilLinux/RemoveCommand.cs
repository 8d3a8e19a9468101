using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.UtilLinux;

/// <summary>
/// ipcrm(1) with its messages and exit codes. It removes what it can, and reports each object that it cannot remove.
/// </summary>
internal static class RemoveCommand
{
    private const string Description = """
        Remove IPC objects, as ipcrm(1) does.

        Examples:
          ipc ipcrm -q 0 -q 1 -m 0
          ipc ipcrm -S 0x2a
          ipc ipcrm --posix-mqueue /jobs
          ipc ipcrm --all=msg
          ipc ipcrm msg 0 1
        """;

    public static Command Create(Globals globals)
    {
        RemoveOptions[] kinds = [.. CliKinds.By(order => order.Removed).Select(kind => new RemoveOptions(kind))];
        string[] words = [.. CliKinds.By(order => order.Made).Select(kind => kind.Names.Word)];
        NamedRemoveOption[] named = [.. CliKinds.NamedOfUtilLinux.Select(kind => new NamedRemoveOption(kind))];
        string[] sorts =
        [
            .. words.SelectMany(word => CliKinds.NamedOfUtilLinux.Where(kind => kind.UtilLinux!.After == word)
                .Select(kind => kind.UtilLinux!.Word).Prepend(word)),
        ];
        var all = new Option<string?>("--all", "-a")
        {
            HelpName = string.Join('|', sorts),
            Description = "Remove all objects of the namespace that the user may remove, or all of one kind",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say what is being removed" };
        var old = new Argument<string[]>($"{string.Join('|', words)} ID")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "The old syntax: a kind, and ids of objects of this kind",
        };
        var command = new UtilLinuxCommand("ipcrm", Description) { old, all, verbose };
        foreach (var kind in kinds) kind.AddTo(command);
        foreach (var kind in named) command.Add(kind.Names);
        command.Validators.Add(result =>
        {
            var sort = result.GetResult(all) is null ? "" : result.GetValue(all) ?? "";
            if (sort.Length > 0 && !sorts.Contains(sort))
                result.AddError($"--all: unknown argument: {sort}; there are {Words.List(sorts, "and")}");
            var isNew = result.GetResult(all) is not null || kinds.Any(kind => kind.IsGiven(result))
                || named.Any(kind => result.GetResult(kind.Names) is not null);
            if (FindMistake(result.GetValue(old) ?? [], words, isNew) is { } mistake)
                result.AddError($"ipcrm: {mistake}");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var removal = new Removal(globals, ipc, parsed.GetValue(verbose), cancelled);
            var isAll = parsed.GetResult(all) is not null;
            var sort = parsed.GetValue(all) ?? "";
            if (parsed.GetValue(old) is [var word, .. var ids])
            {
                var kind = CliKinds.SystemV.First(each => each.Names.Word == word);
                foreach (var id in ids) await removal.RemoveAsync(kind, id);
                if (!removal.HasFailed) await globals.Out.WriteLineAsync("resource(s) deleted");
            }

            foreach (var options in kinds)
            {
                var kind = options.Kind;
                foreach (var id in parsed.GetValue(options.Ids) ?? []) await removal.RemoveAsync(kind, id);
                foreach (var key in parsed.GetValue(options.Keys) ?? []) await removal.RemoveKeyAsync(kind, key);
                if (isAll && (sort.Length == 0 || sort == kind.Names.Word)) await removal.RemoveAllAsync(kind);
                foreach (var posix in named.Where(each => each.Kind.UtilLinux!.After == kind.Names.Word))
                {
                    foreach (var name in parsed.GetValue(posix.Names) ?? []) await removal.UnlinkAsync(posix.Kind, name);
                    if (isAll && (sort.Length == 0 || sort == posix.Kind.UtilLinux!.Word))
                        await removal.UnlinkAllAsync(posix.Kind);
                }
            }

            if (removal.HasFailed) throw new FailedException(null);
        });
        return command;
    }

    // What is wrong with the arguments that are not options; null: nothing.
    private static string? FindMistake(string[] arguments, string[] words, bool isNew) => arguments switch
    {
        [] when !isNew => $"say what to remove: an id ({Letters(char.ToLowerInvariant)}), "
            + $"a key ({Letters(char.ToUpperInvariant)}), the name of a POSIX object or --all",
        [] => null,
        [var word, ..] when isNew || !words.Contains(word) => $"unknown argument: {word}",
        [_] => "not enough arguments",
        _ => null,
    };

    private static string Letters(Func<char, char> change) =>
        string.Join(
            ", ", CliKinds.SystemV.Select(kind => kind.Names.Letter).Order().Select(each => $"-{change(each)}"));
}
