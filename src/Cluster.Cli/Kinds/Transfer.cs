using System.Runtime.CompilerServices;
using System.Text;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>Copies the bytes of memory to standard output, and bytes into memory, in pieces.</summary>
internal static class Transfer
{
    private const int StreamPieceBytes = 64 * 1024;

    public static Option<long> Offset(string noun) => new("--offset")
    {
        HelpName = "BYTES",
        Description = $"Where, from the start of the {noun}",
        CustomParser = result => Words.Number(result, 0, long.MaxValue),
    };

    public static Option<long?> Length(string noun) => new("--length")
    {
        HelpName = "BYTES",
        Description = $"How much [default: to the end of the {noun}]",
        CustomParser = result => Words.Number(result, 0, long.MaxValue),
    };

    public static Argument<string?> Text() => new("TEXT")
    {
        Arity = ArgumentArity.ZeroOrOne, Description = "The bytes [default: standard input]",
    };

    /// <summary>
    /// The bytes from an offset to the end of the memory, at most a number of them. A piece is valid until the next.
    /// </summary>
    /// <param name="read">Reads into a buffer; returns how many bytes there were.</param>
    /// <param name="at">Where, in bytes.</param>
    /// <param name="left">How many bytes.</param>
    /// <param name="cancelled">Interrupts the calls.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Func<long, Memory<byte>, CancellationToken, ValueTask<int>> read, long at, long left,
        [EnumeratorCancellation] CancellationToken cancelled)
    {
        var buffer = new byte[Math.Min(left, Bounds.TransferBytes)];
        while (left > 0)
        {
            var wanted = buffer.AsMemory(0, (int)Math.Min(left, buffer.Length));
            var count = await read(at, wanted, cancelled);
            if (count > 0) yield return wanted[..count];
            if (count < wanted.Length) yield break;
            (at, left) = (at + count, left - count);
        }
    }

    /// <summary>
    /// Standard input, each piece at once, so that a reader sees what a slow producer has written. A piece is valid until the
    /// next.
    /// </summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> StandardInputAsync(
        Globals globals, [EnumeratorCancellation] CancellationToken cancelled)
    {
        await using var input = globals.OpenInput();
        var buffer = new byte[StreamPieceBytes];
        while (await input.ReadAsync(buffer, cancelled) is var count and > 0) yield return buffer.AsMemory(0, count);
    }

    /// <summary>Writes pieces to standard output.</summary>
    public static async Task WriteOutAsync(
        Globals globals, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, CancellationToken cancelled)
    {
        await foreach (var piece in pieces)
        {
            await globals.Out.FlushAsync(cancelled);
            await globals.Out.BaseStream.WriteAsync(piece, cancelled);
        }
    }

    /// <summary>Writes a text, or standard input if there is none.</summary>
    public static async Task WriteInAsync(
        string? text, long at, Func<long, ReadOnlyMemory<byte>, CancellationToken, ValueTask> write,
        CancellationToken cancelled)
    {
        if (text is not null)
        {
            await write(at, Encoding.UTF8.GetBytes(text), cancelled);
            return;
        }

        await using var input = Console.OpenStandardInput();
        var buffer = new byte[Bounds.ExtentBytes];
        while (await input.ReadAtLeastAsync(buffer, buffer.Length, false, cancelled) is > 0 and var count)
        {
            await write(at, buffer.AsMemory(0, count), cancelled);
            at += count;
        }
    }
}
