using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Namespaces;
using Cluster.Cli.Output;

namespace Cluster.Cli.Files;

/// <summary>cat(1) for the files of /proc and /dev about IPC.</summary>
internal static class CatCommand
{
    private const string Description = """
        Write a file that Linux has about IPC: /proc/sysvipc/msg, sem and shm, in the order of the ids; the limits in
        /proc/sys, such as /proc/sys/kernel/sem and /proc/sys/fs/mqueue/msg_max; and the files of objects with names,
        such as /dev/mqueue/jobs and /dev/shm/sem.gate. /proc/sysvipc/ and /proc/sys/kernel/ may be left out; sem alone
        is /proc/sysvipc/sem.

        Examples:
          ipc cat /proc/sysvipc/msg
          ipc cat /proc/sys/kernel/sem
          ipc cat /dev/mqueue/jobs
          ipc cat /dev/shm/sem.gate | od -t d4
          ipc cat shm
        """;

    // The directory as an absolute path, as seen from a directory above it, and left out.
    private static readonly string[] Objects = ["/proc/sysvipc/", "sysvipc/", ""];
    private static readonly string[] Limits = ["/proc/sys/", "sys/", ""];

    public static Command Create(Globals globals)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "A file such as /proc/sysvipc/msg, /proc/sys/kernel/sem or /dev/mqueue/jobs",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("cat", Description) { files };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var hasFailed = false;
            foreach (var file in parsed.GetValue(files)!)
            {
                if (await WhyNotAsync(globals, ipc, file, cancelled) is not { } reason) continue;
                await globals.Error.WriteLineAsync($"cat: {file}: {reason}");
                hasFailed = true;
            }

            if (hasFailed) throw new FailedException(null);
        });
        return command;
    }

    // Writes a file. Null: it is written.
    private static async Task<string?> WhyNotAsync(
        Globals globals, IIpcClient ipc, string file, CancellationToken cancelled)
    {
        var word = Below(file, Objects);
        if (CliKinds.SystemV.FirstOrDefault(kind => kind.Names.Word == word) is { } listed)
        {
            var viewer = new Viewer(ipc, SizeUnit.Default, globals.Time.GetUtcNow());
            await globals.Out.WriteLineAsync(listed.ProcTitle);
            await foreach (var row in listed.ProcRowsAsync(viewer, cancelled)) await globals.Out.WriteLineAsync(row);
            return null;
        }

        if (FindLimits(file) is { } limits)
        {
            await globals.Out.WriteLineAsync(KernelFile.Text(await limits.ReadAsync(ipc, cancelled)));
            return null;
        }

        if (FilePaths.Find(file) is not { } found) return StraceText.Describe(Errno.ENOENT);
        try
        {
            await foreach (var bytes in found.Kind.ReadFileAsync(ipc, found.Name, cancelled))
            {
                await globals.Out.FlushAsync(cancelled);
                await globals.Out.BaseStream.WriteAsync(bytes, cancelled);
            }

            return null;
        }
        catch (IpcException exception) when (!cancelled.IsCancellationRequested)
        {
            return StraceText.Describe(exception.Errno);
        }
    }

    // A path in /proc/sys/, or the name of a file in /proc/sys/kernel/ alone.
    private static KernelFile? FindLimits(string file) => KernelLimits.Files.FirstOrDefault(
        each => each.Path == Below(file, Limits) || each.Path == $"kernel/{file}");

    private static string Below(string file, string[] directories)
    {
        var directory = directories.First(each => file.StartsWith(each, StringComparison.Ordinal));
        return file[directory.Length..];
    }
}
