using System.Buffers.Binary;
using System.Text;

namespace Cluster.Journal;

/// <summary>A buffer that grows, and the numbers and texts of the log's format in it.</summary>
internal sealed class LogBytes
{
    private byte[] _bytes = new byte[16 * 1024];

    /// <summary>How many bytes it holds.</summary>
    public int Length { get; private set; }

    /// <summary>What it holds.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>What it holds. It is valid until the buffer changes.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>A part of what it holds, to be changed.</summary>
    public Span<byte> Writable(int start, int length) => _bytes.AsSpan(0, Length).Slice(start, length);

    /// <summary>Empties it.</summary>
    public void Clear() => Length = 0;

    /// <summary>Cuts it back to an earlier length.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Adds a byte.</summary>
    public void Add(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_bytes.AsSpan(Length));
        Length += value.Length;
    }

    /// <summary>Adds a number that is not negative, in 7 bits a byte, the lowest first.</summary>
    public void AddNumber(long value)
    {
        Reserve(10);
        var rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) _bytes[Length++] = (byte)(rest | 0x80);
        _bytes[Length++] = (byte)rest;
    }

    /// <summary>Adds the length of a text in UTF-8, and the text.</summary>
    public void AddText(string value)
    {
        AddNumber(Encoding.UTF8.GetByteCount(value));
        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        Length += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(Length));
    }

    /// <summary>Adds bytes that are filled in later, with zeros in them. Returns their place.</summary>
    public int AddZeros(int count)
    {
        Reserve(count);
        _bytes.AsSpan(Length, count).Clear();
        Length += count;
        return Length - count;
    }

    /// <summary>Writes 32 bits at an earlier place.</summary>
    public void Set(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

    /// <summary>A copy of what it holds.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Reads what <see cref="AddNumber"/> wrote, and moves on.</summary>
    /// <exception cref="JournalDamagedException">There is no such number.</exception>
    public static long ReadNumber(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80 && (long)value >= 0) return (long)value;
        }

        throw new JournalDamagedException("a number in it is cut off or too large");
    }

    /// <summary>Reads a length and so many bytes, and moves on.</summary>
    /// <exception cref="JournalDamagedException">There are fewer bytes.</exception>
    public static (int Start, int Length) ReadPart(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = ReadNumber(bytes, ref at);
        if (length > bytes.Length - at) throw new JournalDamagedException("a part of it is longer than the whole");
        at += (int)length;
        return (at - (int)length, (int)length);
    }

    private void Reserve(int more)
    {
        if (Length + more > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + more));
    }
}
