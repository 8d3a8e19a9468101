using System.Buffers.Binary;

namespace Cluster.Agent.Wire;

/// <summary>A frame of a program. The payload is valid until the handler awaits for the first time.</summary>
internal readonly struct CallFrame
{
    private const int Arguments = 16;
    private const double NanosecondsPerMillisecond = 1e6;

    private readonly ReadOnlyMemory<byte> _head;

    private CallFrame(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> payload)
    {
        _head = head;
        Payload = payload;
    }

    public Operation Operation => (Operation)BinaryPrimitives.ReadUInt32LittleEndian(_head.Span);

    public uint Number => BinaryPrimitives.ReadUInt32LittleEndian(_head.Span[4..]);

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>One of six.</summary>
    public long this[int argument] =>
        BinaryPrimitives.ReadInt64LittleEndian(_head.Span[(Arguments + argument * sizeof(long))..]);

    /// <summary>An argument that is a time-out in nanoseconds; negative: none.</summary>
    public TimeSpan? Timeout(int argument) => this[argument] < 0
        ? null
        : TimeSpan.FromMilliseconds(Math.Ceiling(this[argument] / NanosecondsPerMillisecond));

    /// <summary>The frame in memory of its own, for a handler that begins later.</summary>
    public CallFrame Copy() => new(_head.ToArray(), Payload.ToArray());

    /// <summary>Reads a frame, and the memory file beside it. False: it makes no sense.</summary>
    /// <param name="frame">The bytes of the frame.</param>
    /// <param name="readFile">Reads so many bytes of the memory file; null: there are less.</param>
    /// <param name="request">The frame.</param>
    public static bool TryRead(ReadOnlyMemory<byte> frame, Func<int, byte[]?> readFile, out CallFrame request)
    {
        request = default;
        if (frame.Length < WireFormat.RequestBytes)
            return false;
        var head = frame[..WireFormat.RequestBytes];
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[8..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head.Span[12..]);
        var payload = frame[WireFormat.RequestBytes..];
        if (flags == WireFormat.InMemoryFile)
        {
            if (payload.Length > 0 || length is <= WireFormat.InlineBytes or > WireFormat.LongestBytes)
                return false;
            if (readFile((int)length) is not { } bytes)
                return false;
            payload = bytes;
        }
        else if (flags != 0 || payload.Length != length)
        {
            return false;
        }

        request = new CallFrame(head, payload);
        return true;
    }
}
