using System.Text;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>Copies the bytes of a segment to standard output, and bytes into a segment.</summary>
internal static class TransferCommands
{
    public static Command Read(Globals globals, Argument<int> id)
    {
        var offset = Offset();
        var length = new Option<long?>("--length")
        {
            HelpName = "BYTES",
            Description = "How much [default: to the end of the segment]",
            CustomParser = result => Words.Number(result, 0, long.MaxValue),
        };
        const string what = "Write bytes of a segment to standard output. Example: ipc shm read 0 --length 5";
        var command = new Command("read", what) { id, offset, length };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory =
                await ipc.SharedMemorySegments.Open(parsed.GetValue(id)).AttachAsync(ShmFlags.ReadOnly, cancelled);
            var at = parsed.GetValue(offset);
            var left = parsed.GetValue(length) ?? memory.Size - at;
            if (left < 0 || left > memory.Size - at) throw new IpcException(Errno.EFAULT, "read");
            var buffer = new byte[Math.Min(left, Bounds.TransferBytes)];
            for (; left > 0; left -= buffer.Length, at += buffer.Length)
            {
                if (left < buffer.Length) buffer = new byte[left];
                await memory.ReadAsync(at, buffer, cancelled);
                await globals.Out.FlushAsync(cancelled);
                await globals.Out.BaseStream.WriteAsync(buffer, cancelled);
            }
        });
        return command;
    }

    public static Command Write(Globals globals, Argument<int> id)
    {
        var text = new Argument<string?>("TEXT")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "The bytes [default: standard input]",
        };
        var offset = Offset();
        const string what = "Write bytes into a segment. Example: ipc shm write 0 --offset 4096 'hello'";
        var command = new Command("write", what) { id, text, offset };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var segment = ipc.SharedMemorySegments.Open(parsed.GetValue(id));
            await using var memory = await segment.AttachAsync(cancellationToken: cancelled);
            var at = parsed.GetValue(offset);
            if (parsed.GetValue(text) is { } given)
            {
                await memory.WriteAsync(at, Encoding.UTF8.GetBytes(given), cancelled);
                return;
            }

            await using var input = Console.OpenStandardInput();
            var buffer = new byte[Bounds.ExtentBytes];
            while (await input.ReadAtLeastAsync(buffer, buffer.Length, false, cancelled) is > 0 and var count)
            {
                await memory.WriteAsync(at, buffer.AsMemory(0, count), cancelled);
                at += count;
            }
        });
        return command;
    }

    private static Option<long> Offset() => new("--offset")
    {
        HelpName = "BYTES",
        Description = "Where, from the start of the segment",
        CustomParser = result => Words.Number(result, 0, long.MaxValue),
    };
}
