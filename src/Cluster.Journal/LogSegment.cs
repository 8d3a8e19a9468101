using System.Buffers.Binary;
using System.Text;

namespace Cluster.Journal;

/// <summary>
/// A row that holds successive entries of one entity, which were in the log before. The body: format (1 byte), salt of
/// the journal (4), checksum over all but itself (4), entries.
/// </summary>
/// <param name="Id">The entity.</param>
/// <param name="First">The number of the first entry.</param>
/// <param name="Last">The number of the last entry.</param>
/// <param name="Ended">When the history was deleted, in s of Unix time, if the row only says so; null: it has entries.</param>
/// <param name="Body">All bytes.</param>
internal readonly record struct LogSegment(string Id, long First, long Last, long? Ended, byte[] Body)
{
    private const byte Format = 1;
    private const int SaltAt = 1;
    private const int SumAt = 5;
    private const int HeaderLength = 9;

    /// <summary>Makes a row.</summary>
    /// <param name="id">The entity.</param>
    /// <param name="first">The number of the first entry.</param>
    /// <param name="last">The number of the last entry.</param>
    /// <param name="ended">See <see cref="Ended"/>.</param>
    /// <param name="salt">The salt of the journal.</param>
    /// <param name="parts">The entries, as bytes of the log.</param>
    public static LogSegment Make(
        string id, long first, long last, long? ended, uint salt, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var length = HeaderLength;
        foreach (var part in parts) length += part.Length;
        var body = new byte[length];
        body[0] = Format;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(SaltAt), salt);
        var at = HeaderLength;
        foreach (var part in parts)
        {
            part.Span.CopyTo(body.AsSpan(at));
            at += part.Length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(SumAt), SumOf(id, first, last, ended, body));
        return new LogSegment(id, first, last, ended, body);
    }

    /// <summary>Checks the row and reads its entries.</summary>
    /// <exception cref="JournalDamagedException">The row is not what was written.</exception>
    public void Read(uint salt, List<LogEntry> entries)
    {
        if (Body.Length < HeaderLength || Body[0] != Format) throw Damaged("has no header of a known format");
        if (BinaryPrimitives.ReadUInt32LittleEndian(Body.AsSpan(SaltAt)) != salt)
            throw Damaged("belongs to another journal");
        if (BinaryPrimitives.ReadUInt32LittleEndian(Body.AsSpan(SumAt)) != SumOf(Id, First, Last, Ended, Body))
            throw Damaged("has another checksum than its bytes");
        LogEntry.ReadAll(Body.AsMemory(HeaderLength), entries);
    }

    private JournalDamagedException Damaged(string what) => new($"the segment {First} to {Last} of {Id} {what}");

    private static uint SumOf(string id, long first, long last, long? ended, byte[] body)
    {
        var sum = Crc32C.Add(Crc32C.Start, body.AsSpan(0, SumAt));
        sum = Crc32C.Add(sum, body.AsSpan(HeaderLength));
        sum = Crc32C.Add(sum, Encoding.UTF8.GetBytes(id));
        return Crc32C.End(Crc32C.Add(Crc32C.Add(Crc32C.Add(sum, first), last), ended ?? -1));
    }
}
