using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>tee(1).</summary>
internal static class TeeCommand
{
    private const string Description = """
        tee(1): copy standard input to standard output and to FIFOs of the cluster. Each FIFO is opened first, which waits for
        a reader.

        Examples:
          producer | ipc tee /run/orders > log
          producer | ipc tee /run/orders /run/audit | consumer
        """;

    public static Command Create(Globals globals)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "A FIFO's path, such as /run/orders", Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("tee", Description) { paths };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var writers = new List<Stream>();
            try
            {
                foreach (var path in parsed.GetValue(paths)!)
                    writers.Add((await ipc.Fifos.OpenAsync(path, OpenFlags.WriteOnly, cancelled)).AsStream());
                await Transfer.WriteOutAsync(globals, CopyAsync(globals, writers, cancelled), cancelled);
            }
            finally
            {
                foreach (var writer in writers) await writer.DisposeAsync();
            }
        });
        return command;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> CopyAsync(
        Globals globals, IReadOnlyList<Stream> writers,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
    {
        await foreach (var bytes in Transfer.StandardInputAsync(globals, cancelled))
        {
            await Task.WhenAll(writers.Select(writer => writer.WriteAsync(bytes, cancelled).AsTask()));
            yield return bytes;
        }
    }
}
