using System.Buffers.Binary;

namespace Cluster.Agent.Wire;

/// <summary>Writes the structures of Cluster.Shim/wire.h, member by member, in the order of the host (little-endian).</summary>
internal sealed class WireWriter(int capacity)
{
    // The kernel forms an id from the index and from a sequence: IPCMNI_SHIFT.
    private const int SequenceShift = 15;

    private readonly byte[] _bytes = new byte[capacity];
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public WireWriter Int(long value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_length), (int)value);
        _length += sizeof(int);
        return this;
    }

    public WireWriter Unsigned(uint value) => Int((int)value);

    public WireWriter Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), value);
        _length += sizeof(long);
        return this;
    }

    public WireWriter Short(uint value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length), (ushort)value);
        _length += sizeof(ushort);
        return this;
    }

    /// <summary>struct ipc_wire_perm.</summary>
    public WireWriter Permissions(Permissions of, int id) => Int(of.Key)
        .Unsigned(of.Uid).Unsigned(of.Gid).Unsigned(of.Cuid).Unsigned(of.Cgid).Unsigned(of.Mode)
        .Int(id >> SequenceShift).Int(0);
}
