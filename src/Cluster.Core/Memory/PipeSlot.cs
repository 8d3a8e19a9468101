using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Memory;

/// <summary>Bytes in one page of a pipe: struct pipe_buffer of the kernel.</summary>
internal sealed class PipeSlot
{
    private byte[] _page;
    private int _start;
    private int _end;

    /// <summary>A slot with new bytes, at the start of its page.</summary>
    /// <param name="position">Of the first byte, among all that have entered the pipe.</param>
    /// <param name="data">At most a page.</param>
    /// <param name="isPacket">Whether a read takes no more than this.</param>
    public PipeSlot(long position, ReadOnlySpan<byte> data, bool isPacket)
    {
        _page = data.ToArray();
        _end = data.Length;
        (Position, IsPacket) = (position, isPacket);
    }

    /// <summary>Of the first byte, among all that have entered the pipe.</summary>
    public long Position { get; private set; }

    /// <summary>Whether a read takes no more than this.</summary>
    public bool IsPacket { get; }

    /// <summary>The number of bytes.</summary>
    public int Length => _end - _start;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _page.AsSpan(_start, Length);

    /// <summary>How many bytes the page has room for behind the last one. What was read leaves no room.</summary>
    public int Room => IsPacket ? 0 : Bounds.PageBytes - _end;

    /// <summary>Adds bytes, for which there is room.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (_page.Length < _end + data.Length)
            Array.Resize(ref _page, Math.Min(Bounds.PageBytes, Math.Max(2 * _page.Length, _end + data.Length)));
        data.CopyTo(_page.AsSpan(_end));
        _end += data.Length;
    }

    /// <summary>Takes bytes away at the front.</summary>
    public PipeSlot Take(int length)
    {
        var taken = new PipeSlot(Position, Bytes[..length], IsPacket);
        _start += length;
        Position += length;
        return taken;
    }

    public StoredPipeSlot ToState() =>
        new() { Position = Position, Start = _start, Data = ByteString.CopyFrom(Bytes), Packet = IsPacket };

    public static PipeSlot FromState(StoredPipeSlot stored)
    {
        var slot = new PipeSlot(stored.Position, [], stored.Packet) { _page = new byte[stored.Start + stored.Data.Length] };
        stored.Data.Span.CopyTo(slot._page.AsSpan(stored.Start));
        (slot._start, slot._end) = (stored.Start, slot._page.Length);
        return slot;
    }
}
