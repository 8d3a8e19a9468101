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
                ? given[1..].Select(name => (Said: name, File: ((NamedKind, string)?)(kind, WithSlash(name))))
                : given.Select(path => (Said: path, File: FilePaths.Find(path)));
            if (FilePaths.KindOf(given[0]) is not null && given.Length == 1)
                throw new UsageException($"rm: say which: ipc rm {given[0]} NAME");
            foreach (var (said, file) in files)
            {
                if (await WhyNotAsync(ipc, file, cancelled) is not { } errno) continue;
                await globals.Error.WriteLineAsync($"rm: cannot remove '{said}': {StraceText.Describe(errno)}");
                hasFailed = true;
            }

            if (hasFailed) throw new FailedException(null);
        });
        return command;
    }

    // Null: the name is removed.
    private static async Task<Errno?> WhyNotAsync(
        IIpcClient ipc, (NamedKind Kind, string Name)? file, CancellationToken cancelled)
    {
        if (file is not { } known) return Errno.ENOENT;
        try
        {
            await known.Kind.UnlinkAsync(ipc, known.Name, cancelled);
            return null;
        }
        catch (IpcException exception) when (!cancelled.IsCancellationRequested)
        {
            return exception.Errno;
        }
    }

    private static string WithSlash(string name) => name.StartsWith('/') ? name : $"/{name}";
}
