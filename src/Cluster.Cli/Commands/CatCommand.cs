using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Views;
using Cluster.Client;

namespace Cluster.Cli.Commands;

/// <summary>cat(1), for the files below /proc that are about System V IPC.</summary>
internal static class CatCommand
{
    private const string Description = """
        Write what proc(5) has of the namespace: /proc/sysvipc/msg, sem and shm, in the order of the ids, and
        /proc/sys/kernel/sem, msgmax, msgmnb, msgmni, shmall, shmmax and shmmni. The directory may be left out; sem
        alone is /proc/sysvipc/sem.

        Examples:
          ipc cat /proc/sysvipc/msg
          ipc cat /proc/sys/kernel/sem
          ipc cat shm
        """;

    // The directory, or what is left when it is named from further down.
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
                if (View(globals, ipc, file) is { } view) await WriteAsync(globals.Out, view, cancelled);
                else if (Limit(file) is { } limit)
                {
                    var limits = await ipc.Namespace.GetLimitsAsync(cancelled);
                    await globals.Out.WriteLineAsync(KernelLimits.Text(limits, limit));
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

    private static async Task WriteAsync(TextWriter output, IObjectView view, CancellationToken cancelled)
    {
        await output.WriteLineAsync(view.ProcTitle);
        await foreach (var row in view.ProcRowsAsync(cancelled)) await output.WriteLineAsync(row);
    }

    private static IObjectView? View(Globals globals, IIpcClient ipc, string file) => Below(file, Objects) switch
    {
        "msg" => new QueueView(ipc.MessageQueues),
        "sem" => new SetView(ipc.SemaphoreSets),
        "shm" => new SegmentView(ipc.SharedMemorySegments, globals.Time),
        _ => null,
    };

    private static string? Limit(string file) =>
        Array.Find(KernelLimits.Names, name => name == Below(file, Limits));

    private static string Below(string file, string[] directories)
    {
        var directory = directories.First(each => file.StartsWith(each, StringComparison.Ordinal));
        return file[directory.Length..];
    }
}
