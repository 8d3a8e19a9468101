using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Files;

/// <summary>rm(1) for the files of objects with names.</summary>
internal static class RemoveFilesCommand
{
    private static readonly string Description = $"""
        Remove the names of objects, as rm(1) removes their files: by path, or by kind
        ({Words.List(FilePaths.Words, "or")}) and name. An object lives until its last descriptor is closed.

        Examples:
          ipc rm /dev/mqueue/jobs
          ipc rm mq jobs reports
          ipc rm sem gate
        """;

    public static Command Create(Globals globals)
    {
        var words = new Argument<string[]>("FILE")
        {
            Description = "Files; or a kind, and names with or without their slash",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("rm", Description) { words };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var given = parsed.GetValue(words)!;
            var hasFailed = false;
            var files = FilePaths.KindOf(given[0]) is { } kind
                ? given[1..].Select(name => (Said: name, Files: Only(kind, WithSlash(name))))
                : given.Select(path => (Said: path, Files: FilePaths.FindAll(path)));
            if (FilePaths.KindOf(given[0]) is not null && given.Length == 1)
                throw new UsageException($"rm: say which: ipc rm {given[0]} NAME");
            foreach (var (said, named) in files)
            {
                if (said.StartsWith('@'))
                {
                    await globals.Error.WriteLineAsync($"rm: cannot remove '{said}': an abstract name goes with its socket");
                    hasFailed = true;
                    continue;
                }

                if (await WhyNotAsync(ipc, named, cancelled) is not { } errno) continue;
                await globals.Error.WriteLineAsync($"rm: cannot remove '{said}': {StraceText.Describe(errno)}");
                hasFailed = true;
            }

            if (hasFailed) throw new FailedException(null);
        });
        return command;
    }

    private static IReadOnlyList<(NamedKind Kind, string Name)> Only(NamedKind kind, string name) => [(kind, name)];

    // Null: the name is removed. A path may be that of a FIFO or of a socket, so each is tried.
    private static async Task<Errno?> WhyNotAsync(
        IIpcClient ipc, IReadOnlyList<(NamedKind Kind, string Name)> named, CancellationToken cancelled)
    {
        foreach (var (kind, name) in named)
        {
            try
            {
                await kind.UnlinkAsync(ipc, name, cancelled);
                return null;
            }
            catch (IpcException exception) when (!cancelled.IsCancellationRequested)
            {
                if (exception.Errno != Errno.ENOENT) return exception.Errno;
            }
        }

        return Errno.ENOENT;
    }

    private static string WithSlash(string name) => name.StartsWith('/') ? name : $"/{name}";
}
