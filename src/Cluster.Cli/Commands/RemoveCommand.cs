using System.CommandLine;
using System.Globalization;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>ipcrm(1), with its words and exit codes: what can be removed is, the rest is told.</summary>
internal static class RemoveCommand
{
    private const int RemovedAtOnce = 64;

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
        RemovedKind[] kinds = [.. RemovedKind.All()];
        var all = new Option<string?>("--all", "-a")
        {
            HelpName = "shm|msg|sem",
            Description = "Remove all objects of the namespace that the user may remove, or all of one kind",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say what is being removed" };
        var old = new Argument<string[]>("shm|msg|sem ID")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "The old syntax: a kind, and ids of objects of this kind",
        };
        var command = new UtilLinuxCommand("ipcrm", Description) { old, all, verbose };
        foreach (var kind in kinds) kind.AddTo(command);
        command.Validators.Add(result =>
        {
            var named = result.GetResult(all) is null ? "" : result.GetValue(all) ?? "";
            if (named.Length > 0 && kinds.All(kind => kind.Name != named))
                result.AddError($"--all: unknown argument: {named}; there are shm, msg and sem");
            var isNew = result.GetResult(all) is not null || kinds.Any(kind => kind.IsGiven(result));
            if (FindMistake(result.GetValue(old) ?? [], kinds, isNew) is { } mistake)
                result.AddError($"ipcrm: {mistake}");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var removal = new Removal(globals, ipc, parsed.GetValue(verbose), cancelled);
            var isAll = parsed.GetResult(all) is not null;
            if (parsed.GetValue(old) is [var word, .. var ids])
            {
                var kind = kinds.First(kind => kind.Name == word);
                foreach (var id in ids) await removal.RemoveAsync(kind, id);
                if (!removal.HasFailed) await globals.Out.WriteLineAsync("resource(s) deleted");
            }

            foreach (var kind in kinds)
            {
                foreach (var id in parsed.GetValue(kind.IdOption) ?? []) await removal.RemoveAsync(kind, id);
                foreach (var key in parsed.GetValue(kind.KeyOption) ?? []) await removal.RemoveKeyAsync(kind, key);
                if (isAll && (parsed.GetValue(all) ?? "") is var named && (named.Length == 0 || named == kind.Name))
                    await removal.RemoveAllAsync(kind);
            }

            if (removal.HasFailed) throw new FailedException(null);
        });
        return command;
    }

    // Of the words that are no options.
    private static string? FindMistake(string[] words, RemovedKind[] kinds, bool isNew) => words switch
    {
        [] => isNew ? null : "say what to remove: an id (-m, -q, -s), a key (-M, -Q, -S) or --all",
        [var word, ..] when isNew || kinds.All(kind => kind.Name != word) => $"unknown argument: {word}",
        [_] => "not enough arguments",
        _ => null,
    };

    private sealed class Removal(Globals globals, IIpcClient ipc, bool verbose, CancellationToken cancelled)
    {
        private readonly TextWriter _output = TextWriter.Synchronized(globals.Out);
        private readonly TextWriter _error = TextWriter.Synchronized(globals.Error);
        private volatile bool _hasFailed;

        public bool HasFailed => _hasFailed;

        /// <summary>By an id of the old syntax: what is none is told, and the others are removed.</summary>
        public async Task RemoveAsync(RemovedKind kind, string word)
        {
            if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
            {
                await RemoveAsync(kind, id);
                return;
            }

            _hasFailed = true;
            await _error.WriteLineAsync($"ipcrm: invalid id: {word}");
        }

        public async Task RemoveAsync(RemovedKind kind, int id)
        {
            var what = id.ToString(CultureInfo.InvariantCulture);
            await SayAsync(kind, "id", what);
            await TryAsync("id", what, () => kind.RemoveAsync(ipc, id, cancelled));
        }

        public async Task RemoveKeyAsync(RemovedKind kind, NamedKey key)
        {
            await SayAsync(kind, "key", key.Word);
            await TryAsync("key", key.Word, async () =>
                await kind.RemoveAsync(ipc, await kind.FindAsync(ipc, key.Value, cancelled), cancelled));
        }

        public Task RemoveAllAsync(RemovedKind kind) => Parallel.ForEachAsync(
            kind.IdsAsync(ipc, cancelled),
            new ParallelOptions { MaxDegreeOfParallelism = RemovedAtOnce, CancellationToken = cancelled },
            async (id, _) => await RemoveAsync(kind, id));

        private async Task SayAsync(RemovedKind kind, string by, string what)
        {
            if (!verbose) return;
            await _output.WriteLineAsync($"removing {kind.Text} {by} `{what}'");
        }

        private async Task TryAsync(string kind, string what, Func<Task> remove)
        {
            try
            {
                await remove();
            }
            catch (IpcException exception) when (Describe(exception.Errno) is { } text)
            {
                _hasFailed = true;
                await _error.WriteLineAsync($"ipcrm: {text} {kind} ({what})");
            }
        }

        // Anything else ends the command.
        private static string? Describe(Errno errno) => errno switch
        {
            Errno.EACCES or Errno.EPERM => "permission denied for",
            Errno.EINVAL or Errno.ENOENT => "invalid",
            Errno.EIDRM => "already removed",
            _ => null,
        };
    }
}
