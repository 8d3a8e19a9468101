using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Fifos;

/// <summary>
/// The bytes of a pipe: a line of slots, each with bytes of one page, as pipe_write and pipe_read of fs/pipe.c have them.
/// </summary>
/// <remarks>
/// Slots can be observed: a pipe is full when no slot is free, however few bytes are in it. A write fills up the last
/// page if what does not make a whole page fits there; each further page takes a slot. So a write of up to PIPE_BUF
/// bytes is never divided.
/// </remarks>
internal sealed class PipeBuffer : SlotLine
{
    /// <summary>F_GETPIPE_SZ: 65,536 bytes, until F_SETPIPE_SZ.</summary>
    public const int UsualSlots = 16;

    /// <summary>The number of slots.</summary>
    public int Slots { get; set; } = UsualSlots;

    /// <summary>The number of slots with bytes. What was put back may take more than there are.</summary>
    public int UsedSlots => Filled.Count;

    /// <summary>The number of bytes that have ever entered.</summary>
    public long Written { get; set; }

    public bool IsFull => Filled.Count >= Slots;

    /// <summary>How many bytes of a write enter now.</summary>
    /// <param name="length">Bytes of the write that have not entered.</param>
    /// <param name="isFirst">Whether none of it has entered: only then it fills up the last page.</param>
    public int RoomFor(int length, bool isFirst)
    {
        var merged = isFirst ? MergedOf(length) : 0;
        var pages = Math.Max(0L, Slots - Filled.Count) * Bounds.PageBytes;
        return (int)Math.Min(length, merged + pages);
    }

    /// <summary>Lets the bytes of a write enter that fit; how many that were.</summary>
    public int Write(ReadOnlySpan<byte> data, bool isPacket, bool isFirst)
    {
        var merged = isFirst ? MergedOf(data.Length) : 0;
        var end = RoomFor(data.Length, isFirst);
        if (merged > 0) Filled.Last!.Value.Append(data[..merged]);
        for (var from = merged; from < end; from += Bounds.PageBytes)
        {
            var page = data[from..Math.Min(end, from + Bounds.PageBytes)];
            Filled.AddLast(new PipeSlot(Written + from, page, isPacket));
        }

        Written += end;
        Bytes += end;
        return end;
    }

    /// <summary>Takes bytes: as many as there are, up to a size, or one packet, of which the rest is lost.</summary>
    public List<PipeSlot> Read(long size)
    {
        var taken = new List<PipeSlot>();
        for (var left = size; left > 0 && Filled.First is { Value: var slot };)
        {
            var part = slot.Take((int)Math.Min(left, slot.Length));
            taken.Add(part);
            Bytes -= part.Length;
            left -= part.Length;
            if (slot.IsPacket) Bytes -= slot.Length;
            else if (slot.Length > 0) break;
            Filled.RemoveFirst();
            if (slot.IsPacket) break;
        }

        return taken;
    }

    // What does not make a whole page goes to the last page, if all of it fits and that is no packet. This holds for what
    // is written as packets too, as in pipe_write.
    private int MergedOf(int length)
    {
        var rest = length % Bounds.PageBytes;
        return Filled.Last is { } last && last.Value.Room >= rest ? rest : 0;
    }
}
