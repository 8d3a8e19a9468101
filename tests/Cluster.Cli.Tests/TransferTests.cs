using Cluster.Cli.Kinds;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>Memory is copied in pieces: up to its end, or as many bytes as are wanted.</summary>
public sealed class TransferTests
{
    private const long Size = (2L * Bounds.TransferBytes) + 5;

    [Theory]
    [InlineData(0, long.MaxValue, Size)]
    [InlineData(Bounds.TransferBytes + 5, long.MaxValue, Bounds.TransferBytes)] // ends with a full piece
    [InlineData(3, Bounds.TransferBytes + 1, Bounds.TransferBytes + 1)]
    [InlineData(Size, long.MaxValue, 0)]
    [InlineData(7, 0, 0)]
    public async Task Pieces_follow_each_other_to_the_end(long offset, long wanted, long expected)
    {
        var next = offset;
        var total = 0L;
        await foreach (var piece in Transfer.ReadAsync(ReadAsync, offset, wanted, CancellationToken.None))
        {
            Assert.NotEqual(0, piece.Length);
            total += piece.Length;
        }

        Assert.Equal(expected, total);

        ValueTask<int> ReadAsync(long at, Memory<byte> buffer, CancellationToken cancelled)
        {
            Assert.Equal(next, at);
            var count = (int)Math.Clamp(Size - at, 0, buffer.Length);
            next += count;
            return ValueTask.FromResult(count);
        }
    }
}
