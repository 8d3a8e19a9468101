using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Files;

/// <summary>ls -l for the directories of objects with names.</summary>
internal static class ListFilesCommand
{
    private static readonly string Description = $$"""
        List objects with names as ls -lU lists their files, in the order of their numbers: of a kind
        ({{Words.List(FilePaths.Words, "or")}}), of a directory ({{Words.List(FilePaths.Directories, "or")}}), or single
        files.

        Examples:
          ipc ls mq
          ipc ls /dev/shm
          ipc ls /dev/mqueue/jobs
          ipc ls mq --json
        """;

    public static Command Create(Globals globals)
    {
        var places = new Argument<string[]>("KIND|FILE")
        {
            Description = $"A kind, a directory or a file [default: all of {Words.List(FilePaths.Directories, "and")}]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("ls", Description) { places };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var listing = new FileListing(globals, ipc, globals.Json(parsed), cancelled);
            var given = parsed.GetValue(places)!;
            if (given.Length == 0) await listing.AddAsync(CliKinds.Named);
            foreach (var place in given) await AddAsync(globals, listing, place);
            await listing.EndAsync();
            if (listing.HasFailed) throw new FailedException(null);
        });
        return command;
    }

    private static async Task AddAsync(Globals globals, FileListing listing, string place)
    {
        if (FilePaths.KindOf(place) is { } kind) await listing.AddAsync([kind]);
        else if (FilePaths.KindsIn(place) is { Count: > 0 } kinds) await listing.AddAsync(kinds);
        else if (!await TryAddAsync(listing, place))
        {
            listing.HasFailed = true;
            var reason = StraceText.Describe(Errno.ENOENT);
            await globals.Error.WriteLineAsync($"ls: cannot access '{place}': {reason}");
        }
    }

    // A path may be that of a FIFO or of a socket.
    private static async Task<bool> TryAddAsync(FileListing listing, string path)
    {
        foreach (var (kind, name) in FilePaths.FindAll(path))
        {
            if (await listing.TryAddAsync(kind, name, path)) return true;
        }

        return false;
    }
}
