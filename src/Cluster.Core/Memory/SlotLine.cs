using Google.Protobuf;

namespace Cluster.Core.Memory;

/// <summary>Bytes in the order in which they have entered, in slots: what pipes and sockets have in common.</summary>
internal abstract class SlotLine
{
    /// <summary>The slots with bytes, in order.</summary>
    protected LinkedList<PipeSlot> Filled { get; } = new();

    /// <summary>FIONREAD, SIOCINQ: the number of bytes.</summary>
    public long Bytes { get; protected set; }

    public bool IsEmpty => Filled.Count == 0;

    /// <summary>The content, in order.</summary>
    public IEnumerable<PipeSlot> Content => Filled;

    /// <summary>Puts bytes back that were taken: to the place from which they came.</summary>
    public void PutBack(PipeSlot slot)
    {
        Bytes += slot.Length;
        var next = Filled.First;
        while (next is not null && next.Value.Position < slot.Position) next = next.Next;
        if (next is null) Filled.AddLast(slot);
        else Filled.AddBefore(next, slot);
    }

    /// <summary>Adds a slot of a snapshot.</summary>
    public void Load(PipeSlot slot)
    {
        Filled.AddLast(slot);
        Bytes += slot.Length;
    }

    /// <summary>Removes all bytes.</summary>
    public void Clear()
    {
        Filled.Clear();
        Bytes = 0;
    }

    /// <summary>The first bytes of slots, in one piece.</summary>
    /// <param name="slots">They have at least so many bytes.</param>
    /// <param name="length">How many bytes.</param>
    public static ByteString Join(IEnumerable<PipeSlot> slots, long length)
    {
        var bytes = new byte[length];
        var at = 0;
        foreach (var slot in slots)
        {
            if (at == bytes.Length) break;
            var part = slot.Bytes[..Math.Min(slot.Length, bytes.Length - at)];
            part.CopyTo(bytes.AsSpan(at));
            at += part.Length;
        }

        return UnsafeByteOperations.UnsafeWrap(bytes);
    }
}
