using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>Copies the bytes of a segment to standard output, and bytes into a segment.</summary>
internal static class TransferCommands
{
    public static Command Read(Globals globals, Argument<int> id)
    {
        var offset = Transfer.Offset("segment");
        var length = Transfer.Length("segment");
        const string what = "Write bytes of a segment to standard output. Example: ipc shm read 0 --length 5";
        var command = new Command("read", what) { id, offset, length };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory =
                await ipc.SharedMemorySegments.Open(parsed.GetValue(id)).AttachAsync(ShmFlags.ReadOnly, cancelled);
            var at = parsed.GetValue(offset);
            var left = parsed.GetValue(length) ?? memory.Size - at;
            if (left < 0 || left > memory.Size - at) throw new IpcException(Errno.EFAULT, "read");
            await Transfer.WriteOutAsync(globals, Transfer.ReadAsync(FillAsync, at, left, cancelled), cancelled);

            async ValueTask<int> FillAsync(long from, Memory<byte> buffer, CancellationToken interrupted)
            {
                await memory.ReadAsync(from, buffer, interrupted);
                return buffer.Length;
            }
        });
        return command;
    }

    public static Command Write(Globals globals, Argument<int> id)
    {
        var text = Transfer.Text();
        var offset = Transfer.Offset("segment");
        const string what = "Write bytes into a segment. Example: ipc shm write 0 --offset 4096 'hello'";
        var command = new Command("write", what) { id, text, offset };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var segment = ipc.SharedMemorySegments.Open(parsed.GetValue(id));
            await using var memory = await segment.AttachAsync(cancellationToken: cancelled);
            await Transfer.WriteInAsync(
                parsed.GetValue(text), parsed.GetValue(offset), memory.WriteAsync, cancelled);
        });
        return command;
    }
}
