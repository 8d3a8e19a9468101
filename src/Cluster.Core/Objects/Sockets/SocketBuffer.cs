using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Sockets;

/// <summary>
/// What was sent to one end of a connection and not received: bytes, or packets. It counts against SO_SNDBUF of the end that
/// has sent it.
/// </summary>
internal sealed class SocketBuffer
{
    private readonly LinkedList<PipeSlot> _slots = new();

    /// <summary>Whether each send is a packet, and a receive takes one.</summary>
    public bool HasPackets { get; set; }

    /// <summary>SIOCINQ: the number of bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>What counts against SO_SNDBUF, in bytes.</summary>
    public long Charged => HasPackets ? Bytes + _slots.Count * (long)Bounds.PacketOverheadBytes : Bytes;

    /// <summary>The number of bytes that were ever sent, or of packets.</summary>
    public long Written { get; set; }

    public bool IsEmpty => _slots.Count == 0;

    /// <summary>POLLOUT, unix_writable of net/unix/af_unix.c: three quarters are free.</summary>
    public bool IsWritable => Charged * 4 <= Bounds.SocketBytes;

    /// <summary>The content, in order.</summary>
    public IEnumerable<PipeSlot> Content => _slots;

    /// <summary>How many bytes of a send enter now; null: the send has to wait. A packet is never divided.</summary>
    public int? RoomFor(int length)
    {
        if (length == 0 && !HasPackets) return 0;
        if (Charged >= Bounds.SocketBytes) return null;
        return HasPackets ? length : (int)Math.Min(length, Bounds.SocketBytes - Charged);
    }

    /// <summary>Lets bytes enter, for which there is room.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length == 0 && !HasPackets) return;
        if (!HasPackets && _slots.Last is { Value: var last } && last.Room >= data.Length) last.Append(data);
        else _slots.AddLast(new PipeSlot(Written, data, HasPackets));
        Written += HasPackets ? 1 : data.Length;
        Bytes += data.Length;
    }

    /// <summary>Takes bytes, as many as there are up to a size, or one whole packet.</summary>
    public List<PipeSlot> Read(long size)
    {
        var taken = new List<PipeSlot>();
        for (var left = size; (left > 0 || HasPackets) && _slots.First is { Value: var slot };)
        {
            if (HasPackets || slot.Length <= left)
            {
                _slots.RemoveFirst();
                taken.Add(slot);
            }
            else
            {
                taken.Add(slot.Take((int)left));
            }

            Bytes -= taken[^1].Length;
            left -= taken[^1].Length;
            if (HasPackets) break;
        }

        return taken;
    }

    /// <summary>The bytes that a receive of so many would take, which stay.</summary>
    public byte[] Peek(long size, out long length)
    {
        length = HasPackets ? _slots.First?.Value.Length ?? 0 : Math.Min(size, Bytes);
        var bytes = new byte[Math.Min(size, length)];
        var at = 0;
        foreach (var slot in _slots)
        {
            if (at == bytes.Length) break;
            var part = slot.Bytes[..Math.Min(slot.Length, bytes.Length - at)];
            part.CopyTo(bytes.AsSpan(at));
            at += part.Length;
        }

        return bytes;
    }

    /// <summary>Puts back what was taken: to the place from which it came.</summary>
    public void PutBack(PipeSlot slot)
    {
        Bytes += slot.Length;
        var next = _slots.First;
        while (next is not null && next.Value.Position < slot.Position) next = next.Next;
        if (next is null) _slots.AddLast(slot);
        else _slots.AddBefore(next, slot);
    }

    /// <summary>Adds a piece of a snapshot.</summary>
    public void Load(PipeSlot slot)
    {
        _slots.AddLast(slot);
        Bytes += slot.Length;
    }

    public void Clear()
    {
        _slots.Clear();
        Bytes = 0;
    }
}
