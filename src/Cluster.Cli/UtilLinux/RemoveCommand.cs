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
          ipc ipcrm --all=msg
          ipc ipcrm msg 0 1
        """;

    public static Command Create(Globals globals)
    {
        RemoveOptions[] kinds = [.. CliKinds.By(order => order.Removed).Select(kind => new RemoveOptions(kind))];
        string[] words = [.. CliKinds.By(order => order.Made).Select(kind => kind.Names.Word)];
        var all = new Option<string?>("--all", "-a")
        {
            HelpName = string.Join('|', words),
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
        command.Validators.Add(result =>
        {
            var named = result.GetResult(all) is null ? "" : result.GetValue(all) ?? "";
            if (named.Length > 0 && !words.Contains(named))
                result.AddError($"--all: unknown argument: {named}; there are {Words.List(words, "and")}");
            var isNew = result.GetResult(all) is not null || kinds.Any(kind => kind.IsGiven(result));
            if (FindMistake(result.GetValue(old) ?? [], words, isNew) is { } mistake)
                result.AddError($"ipcrm: {mistake}");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var removal = new Removal(globals, ipc, parsed.GetValue(verbose), cancelled);
            var isAll = parsed.GetResult(all) is not null;
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
                var named = parsed.GetValue(all) ?? "";
                if (isAll && (named.Length == 0 || named == kind.Names.Word)) await removal.RemoveAllAsync(kind);
            }

            if (removal.HasFailed) throw new FailedException(null);
        });
        return command;
    }

    // What is wrong with the arguments that are not options; null: nothing.
    private static string? FindMistake(string[] arguments, string[] words, bool isNew) => arguments switch
    {
        [] when !isNew => $"say what to remove: an id ({Letters(char.ToLowerInvariant)}), "
            + $"a key ({Letters(char.ToUpperInvariant)}) or --all",
        [] => null,
        [var word, ..] when isNew || !words.Contains(word) => $"unknown argument: {word}",
        [_] => "not enough arguments",
        _ => null,
    };

    private static string Letters(Func<char, char> change) =>
        string.Join(
            ", ", CliKinds.SystemV.Select(kind => kind.Names.Letter).Order().Select(each => $"-{change(each)}"));
}
