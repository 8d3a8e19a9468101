using System.Buffers.Binary;

namespace Cluster.Actors.Journal.Log;

/// <summary>
/// The entries of a stretch of the log, copied into a few large arrays. The parts of an entity are a chain, from the
/// newest to the oldest.
/// </summary>
/// <param name="chunks">Where the arrays come from.</param>
internal sealed class LogMemory(LogChunks chunks)
{
    /// <summary>The place of no part.</summary>
    public const long None = -1;

    // Before the entries: the place of the part before (8 bytes), the length of the entries (4), their number (4).
    private const int LengthAt = 8;
    private const int CountAt = 12;
    private const int HeaderLength = 16;

    private readonly List<byte[]> _chunks = [];
    private int _used; // of the last chunk

    /// <summary>Copies a part.</summary>
    /// <param name="previous">The place of the entity's part before; <see cref="None"/>: there is none.</param>
    /// <param name="part">The part.</param>
    /// <returns>Its place.</returns>
    public long Add(long previous, in LogPart part)
    {
        var length = part.Entries.Length;
        if (_chunks.Count == 0 || _chunks[^1].Length - _used < HeaderLength + length)
        {
            _chunks.Add(chunks.Take(HeaderLength + length));
            _used = 0;
        }

        var bytes = _chunks[^1].AsSpan(_used);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, previous);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[LengthAt..], length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CountAt..], checked((int)(part.Last - part.First + 1)));
        part.Entries.Span.CopyTo(bytes[HeaderLength..]);
        var place = ((long)(_chunks.Count - 1) << 32) | (uint)_used;
        _used += HeaderLength + length;
        return place;
    }

    /// <summary>The part at a place. Its bytes are those of the array: they are valid until <see cref="Free"/>.</summary>
    /// <param name="place">The place.</param>
    /// <param name="previous">The place of the entity's part before.</param>
    public LogPart Read(long place, out long previous)
    {
        var bytes = _chunks[(int)(place >> 32)].AsMemory((int)place);
        var header = bytes.Span;
        previous = BinaryPrimitives.ReadInt64LittleEndian(header);
        var entries = bytes.Slice(HeaderLength, BinaryPrimitives.ReadInt32LittleEndian(header[LengthAt..]));
        var (kind, first) = LogEntry.Peek(entries.Span);
        return new LogPart(entries, first, first + BinaryPrimitives.ReadInt32LittleEndian(header[CountAt..]) - 1, kind);
    }

    /// <summary>Gives the arrays back.</summary>
    public void Free()
    {
        foreach (var chunk in _chunks) chunks.GiveBack(chunk);
        _chunks.Clear();
    }
}
