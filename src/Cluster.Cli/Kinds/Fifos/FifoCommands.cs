using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>mkfifo(3), read(2), write(2), and what fcntl(2) tells of a pipe.</summary>
internal static class FifoCommands
{
    private const int PieceBytes = 64 * 1024;
    private const int CallsAtOnce = 8;

    public static Command Create(Globals globals, Argument<string> path) => CreateAs("create", globals, path);

    /// <summary>ipc mkfifo, ipc read and ipc write: the verbs of FIFOs in the manner of the shell's own commands.</summary>
    public static IEnumerable<Command> Short(Globals globals) =>
    [
        CreateAs("mkfifo", globals, Path()), Read(globals, Path(), "ipc read"), Write(globals, Path(), "ipc write"),
    ];

    private static Argument<string> Path() => new("PATH") { Description = "The FIFO's path, such as /run/orders" };

    public static Command Read(Globals globals, Argument<string> path, string prefix = "ipc fifo read")
    {
        var description = $"""
            open(2) for reading, which waits for a writer, and read(2) until the last writer has closed the FIFO. The bytes
            go to standard output.

            Examples:
              {prefix} /run/orders > orders
              {prefix} /run/orders | consumer
            """;
        var command = new Command("read", description) { path };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var fifo = await ipc.Fifos.OpenAsync(parsed.GetValue(path)!, OpenFlags.ReadOnly, cancelled);
            await Transfer.WriteOutAsync(globals, ReadAsync(fifo, cancelled), cancelled);
        });
        return command;
    }

    public static Command Write(Globals globals, Argument<string> path, string prefix = "ipc fifo write")
    {
        var description = $"""
            open(2) for writing, which waits for a reader, and write(2) of a text, or of standard input to its end.

            Examples:
              producer | {prefix} /run/orders
              {prefix} /run/orders 'hello'
            """;
        var text = Transfer.Text();
        var command = new Command("write", description) { path, text };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var fifo = await ipc.Fifos.OpenAsync(parsed.GetValue(path)!, OpenFlags.WriteOnly, cancelled);
            if (parsed.GetValue(text) is { } given)
                await fifo.AsStream().WriteAsync(Encoding.UTF8.GetBytes(given), cancelled);
            else
                await CopyInAsync(globals, fifo, cancelled);
        });
        return command;
    }

    public static Command State(Globals globals, Argument<string> path)
    {
        const string description = "F_GETPIPE_SZ, FIONREAD, and how many have the FIFO open beside this command. Example: "
            + "ipc fifo state /run/orders --json";
        var command = new Command("state", description) { path };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var fifo = await ipc.Fifos.OpenAsync(
                parsed.GetValue(path)!, OpenFlags.ReadOnly | OpenFlags.NonBlocking, cancelled);
            var state = await fifo.GetStateAsync(cancelled);
            var shown = new JsonObject
            {
                ["capacity"] = state.Capacity,
                ["bytes"] = state.Bytes,
                ["readers"] = state.Readers - 1,
                ["writers"] = state.Writers,
            };
            await globals.Out.WriteLineAsync(shown.Show(globals.Json(parsed)));
        });
        return command;
    }

    /// <summary>
    /// All bytes to the end. Some reads are under way at once, and are answered in their order. A piece is valid until the
    /// next.
    /// </summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        IFifo fifo, [EnumeratorCancellation] CancellationToken cancelled)
    {
        var reads = new Queue<(Task<int> Count, byte[] Buffer)>();
        for (var i = 0; i < CallsAtOnce; i++) Begin(new byte[PieceBytes]);
        var isOver = false;
        while (reads.TryDequeue(out var read))
        {
            var count = await read.Count;
            // A writer that comes just after the end may have its bytes in a read that was under way then: they count too.
            isOver |= count == 0;
            if (count > 0) yield return read.Buffer.AsMemory(0, count);
            if (!isOver) Begin(read.Buffer);
        }

        void Begin(byte[] buffer) => reads.Enqueue((fifo.ReadAsync(buffer, null, cancelled).AsTask(), buffer));
    }

    /// <summary>
    /// Writes standard input to its end. Some writes are under way at once, and enter in their order.
    /// </summary>
    public static async Task CopyInAsync(Globals globals, IFifo fifo, CancellationToken cancelled)
    {
        var writes = new Queue<Task<int>>();
        await foreach (var bytes in Transfer.StandardInputAsync(globals, cancelled))
        {
            writes.Enqueue(fifo.WriteAsync(bytes, null, cancelled).AsTask()); // copies the bytes
            if (writes.Count >= CallsAtOnce) await writes.Dequeue();
        }

        while (writes.TryDequeue(out var last)) await last;
    }

    private static Command CreateAs(string verb, Globals globals, Argument<string> path)
    {
        var prefix = verb == "mkfifo" ? "ipc mkfifo" : $"ipc fifo {verb}";
        var description = $"""
            mkfifo(3): make a FIFO. The mode is set as it is given: the tool has no umask.

            Examples:
              {prefix} /run/orders
              {prefix} /run/orders --mode 0666 --volatile
            """;
        var mode = CommonOptions.Mode();
        var isVolatile = CommonOptions.Volatile();
        var command = new Command(verb, description) { path, mode, isVolatile };
        globals.Run(command, (ipc, parsed, cancelled) => ipc.Fifos.CreateAsync(
            parsed.GetValue(path)!, (UnixFileMode)(parsed.GetValue(mode) ?? CommonOptions.DefaultMode),
            CommonOptions.Lives(parsed, isVolatile), cancelled));
        return command;
    }
}
