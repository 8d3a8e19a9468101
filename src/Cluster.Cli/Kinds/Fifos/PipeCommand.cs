using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>pipe(2) between standard input and standard output.</summary>
internal static class PipeCommand
{
    private const string Description = """
        pipe(2): make a pipe in the cluster, write standard input to it, and read it to standard output, to the end. With
        --share, the processes that are named get the end that reads, and this command only writes. The description to open
        goes to standard error.

        Examples:
          producer | ipc pipe | consumer
          producer | ipc pipe --capacity 1048576 --volatile | consumer
          producer | ipc pipe --share 7
        """;

    public static Command Create(Globals globals)
    {
        var capacity = new Option<long?>("--capacity")
        {
            HelpName = "BYTES",
            Description = "F_SETPIPE_SZ of fcntl(2) [default: 65536]",
            CustomParser = result => Words.Number(result, 0, long.MaxValue),
        };
        var share = new Option<int[]>("--share")
        {
            HelpName = "PID",
            Description = "A process that gets the end that reads",
            CustomParser = result => Words.Numbers(result, 1, int.MaxValue),
        };
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("pipe", Description) { capacity, share, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var pipe = await ipc.Fifos.CreatePipeAsync(
                durability: CommonOptions.Lives(parsed, isVolatile), cancellationToken: cancelled);
            if (parsed.GetValue(capacity) is { } bytes) await pipe.Writer.SetCapacityAsync(bytes, cancelled);
            if (parsed.GetValue(share) is not { Length: > 0 } pids)
            {
                var writing = WriteAsync(globals, pipe.Writer, cancelled);
                await Transfer.WriteOutAsync(globals, FifoCommands.ReadAsync(pipe.Reader, cancelled), cancelled);
                await writing;
                return;
            }

            foreach (var pid in pids)
                await globals.Error.WriteLineAsync($"ipc: {await pipe.Reader.ShareAsync(pid, cancelled)}");
            await pipe.Reader.CloseAsync(cancelled);
            await WriteAsync(globals, pipe.Writer, cancelled);
        });
        return command;
    }

    private static async Task WriteAsync(Globals globals, IFifo writer, CancellationToken cancelled)
    {
        await FifoCommands.CopyInAsync(globals, writer, cancelled);
        await writer.CloseAsync(cancelled);
    }
}
