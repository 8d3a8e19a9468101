using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Namespaces;

/// <summary>cat(1) for the files of /proc about System V IPC.</summary>
internal static class CatCommand
{
    private const string Description = """
        Write what proc(5) has of the namespace: /proc/sysvipc/msg, sem and shm, in the order of the ids, and
        /proc/sys/kernel/sem, msgmax, msgmnb, msgmni, shmall, shmmax, shmmni, and msg_next_id, sem_next_id and
        shm_next_id. The directory may be left out; sem
        alone is /proc/sysvipc/sem.

        Examples:
          ipc cat /proc/sysvipc/msg
          ipc cat /proc/sys/kernel/sem
          ipc cat shm
        """;

    // The directory as an absolute path, as seen from a directory above it, and left out.
    private static readonly string[] Objects = ["/proc/sysvipc/", "sysvipc/", ""];
    private static readonly string[] Limits = ["/proc/sys/kernel/", "sys/kernel/", "kernel/", ""];

    public static Command Create(Globals globals)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "A file such as /proc/sysvipc/msg or /proc/sys/kernel/sem",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("cat", Description) { files };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var hasFailed = false;
            foreach (var file in parsed.GetValue(files)!)
            {
                if (CliKinds.Find(Below(file, Objects)) is { } kind)
                {
                    var viewer = new Viewer(ipc, SizeUnit.Default, globals.Time.GetUtcNow());
                    await globals.Out.WriteLineAsync(kind.ProcTitle);
                    await foreach (var row in kind.ProcRowsAsync(viewer, cancelled))
                        await globals.Out.WriteLineAsync(row);
                }
                else if (KernelLimits.Find(Below(file, Limits)) is { } limits)
                {
                    await globals.Out.WriteLineAsync(KernelFile.Text(await limits.ReadAsync(ipc, cancelled)));
                }
                else
                {
                    await globals.Error.WriteLineAsync($"cat: {file}: No such file or directory");
                    hasFailed = true;
                }
            }

            if (hasFailed) throw new FailedException(null);
        });
        return command;
    }

    private static string Below(string file, string[] directories)
    {
        var directory = directories.First(each => file.StartsWith(each, StringComparison.Ordinal));
        return file[directory.Length..];
    }
}
