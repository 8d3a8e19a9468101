using Cluster.Core.Memory;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.Sockets;

/// <summary>
/// What was sent to one end of a connection and not received: bytes, or packets. It counts against SO_SNDBUF of the end that
/// has sent it.
/// </summary>
internal sealed class SocketBuffer : SlotLine
{
    /// <summary>Whether each send is a packet, and a receive takes one.</summary>
    public bool HasPackets { get; set; }

    /// <summary>What counts against SO_SNDBUF, in bytes.</summary>
    public long Charged => HasPackets ? Bytes + Filled.Count * (long)Bounds.PacketOverheadBytes : Bytes;

    /// <summary>The number of bytes that were ever sent, or of packets.</summary>
    public long Written { get; set; }

    /// <summary>POLLOUT, unix_writable of net/unix/af_unix.c: three quarters are free.</summary>
    public bool IsWritable => Charged * 4 <= Bounds.SocketBytes;

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
        if (!HasPackets && Filled.Last is { Value: var last } && last.Room >= data.Length) last.Append(data);
        else Filled.AddLast(new PipeSlot(Written, data, HasPackets));
        Written += HasPackets ? 1 : data.Length;
        Bytes += data.Length;
    }

    /// <summary>Takes bytes, as many as there are up to a size, or one whole packet.</summary>
    public List<PipeSlot> Read(long size)
    {
        var taken = new List<PipeSlot>();
        for (var left = size; (left > 0 || HasPackets) && Filled.First is { Value: var slot };)
        {
            if (HasPackets || slot.Length <= left)
            {
                Filled.RemoveFirst();
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
    public ByteString Peek(long size, out long length)
    {
        length = HasPackets ? Filled.First?.Value.Length ?? 0 : Math.Min(size, Bytes);
        return Join(Filled, Math.Min(size, length));
    }
}
