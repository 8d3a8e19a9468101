using System.Buffers;
using System.IO.Pipelines;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Gateway;

/// <summary>The bytes of HTTP/2 pass unchanged, however they arrive; frames that cost something pass at a pace.</summary>
public sealed class PacedHttp2Tests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _clock = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly NodeStats _stats = new();
    private readonly NodePace _node;

    public PacedHttp2Tests() => _node = new NodePace(_clock);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    public async Task Bytes_pass_unchanged_in_any_split(int split)
    {
        byte[] sent = [.. Preface, .. Frame(4, 0), .. Frame(1, 30), .. Frame(0, 5_000), .. Frame(0, 0), 1, 2];
        var reader = Reader();
        var read = ReadAllAsync(reader);
        foreach (var part in sent.Chunk(split)) await _pipe.Writer.WriteAsync(part);
        await _pipe.Writer.CompleteAsync();
        Assert.Equal(sent, await read.WaitAsync(Patience));
    }

    [Fact]
    public async Task Requests_wait_and_data_does_not()
    {
        while (_node.TryTake(1))
        {
            // Other connections take it all.
        }

        var reader = Reader();
        await _pipe.Writer.WriteAsync(Preface);
        for (var i = 0; i < 100; i++) await _pipe.Writer.WriteAsync(Frame(0, 1_000));
        var passed = 0L;
        while (passed < Preface.Length + 100 * 1_009) passed += await TakeAsync(reader);
        for (var i = 0; i < 2 * Pace.Burst / PacedHttp2.RequestUnits; i++) await _pipe.Writer.WriteAsync(Frame(1, 30));
        // Two requests are one turn.
        for (var i = 0; i < Pace.Burst / PacedHttp2.RequestUnits / 2; i++)
            Assert.Equal(2 * 39, await TakeAsync(reader).WaitAsync(Patience));
        Assert.Equal(0, _stats.BoundOf(Bound.Pace));
        var next = TakeAsync(reader);
        while (_stats.BoundOf(Bound.Pace) == 0) await Task.Yield();
        Assert.False(next.IsCompleted);
        while (!next.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private static byte[] Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private static byte[] Frame(byte type, int length) =>
        [0, (byte)(length >> 8), (byte)length, type, 0, 0, 0, 0, 1, .. Enumerable.Repeat(type, length)];

    private static async Task<long> TakeAsync(PipeReader reader)
    {
        var read = await reader.ReadAsync();
        var length = read.Buffer.Length;
        reader.AdvanceTo(read.Buffer.End);
        return length;
    }

    // Consumes only some of what it has seen, as a parser does.
    private static async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        var all = new List<byte>();
        while (true)
        {
            var read = await reader.ReadAsync();
            var part = read.IsCompleted ? read.Buffer : read.Buffer.Slice(0, (read.Buffer.Length + 1) / 2);
            all.AddRange(part.ToArray());
            reader.AdvanceTo(part.End);
            if (read.IsCompleted) return [.. all];
        }
    }

    private PacedHttp2 Reader() => new(_pipe.Reader, new Pace(_node, _stats, _clock));
}
