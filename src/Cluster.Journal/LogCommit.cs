using System.Buffers.Binary;
using System.Text;

namespace Cluster.Journal;

/// <summary>
/// The body of one row of the log: the entries of all entities that one transaction wrote. Little endian: format (1
/// byte), salt of the journal (4), number (8), checksum of the commit before (4), checksum of this one (4), and then
/// for each entity its id with its length, the length of its entries (4), and its entries.
/// </summary>
/// <param name="Number">The writer (upper 24 bits) and the number of its commit, from 1 (lower 40 bits).</param>
/// <param name="Previous">The checksum of the writer's commit before; 0 for its first one.</param>
/// <param name="Sum">The checksum.</param>
/// <param name="Body">All bytes.</param>
internal readonly record struct LogCommit(long Number, uint Previous, uint Sum, ReadOnlyMemory<byte> Body)
{
    /// <summary>The bits of the number of a commit below those of its writer.</summary>
    public const int NumberBits = 40;

    private const byte Format = 1;
    private const int SaltAt = 1;
    private const int NumberAt = 5;
    private const int PreviousAt = 13;
    private const int SumAt = 17;
    private const int HeaderLength = 21;

    /// <summary>The place of a writer's first commit, less one.</summary>
    public static long Base(long writer) => writer << NumberBits;

    /// <summary>The writer of a commit.</summary>
    public static long WriterOf(long number) => number >> NumberBits;

    /// <summary>Empties the buffer and leaves room for the header.</summary>
    public static void Begin(LogBytes bytes)
    {
        bytes.Clear();
        bytes.AddZeros(HeaderLength);
    }

    /// <summary>Appends the id of an entity, and leaves room for the length of its entries, which follow.</summary>
    /// <returns>Where the entries begin.</returns>
    public static int BeginEntity(LogBytes bytes, string id)
    {
        bytes.AddText(id);
        return bytes.AddZeros(sizeof(uint)) + sizeof(uint);
    }

    /// <summary>The entries that began at a place are complete.</summary>
    public static void EndEntity(LogBytes bytes, int start) =>
        bytes.Set(start - sizeof(uint), (uint)(bytes.Length - start));

    /// <summary>Fills in the header. The commit is in the buffer: it is valid until the buffer changes.</summary>
    public static LogCommit End(LogBytes bytes, uint salt, long number, uint previous)
    {
        var header = bytes.Writable(0, HeaderLength);
        header[0] = Format;
        BinaryPrimitives.WriteUInt32LittleEndian(header[SaltAt..], salt);
        BinaryPrimitives.WriteInt64LittleEndian(header[NumberAt..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(header[PreviousAt..], previous);
        var sum = SumOf(bytes.Span);
        BinaryPrimitives.WriteUInt32LittleEndian(header[SumAt..], sum);
        return new LogCommit(number, previous, sum, bytes.Memory);
    }

    /// <summary>Checks a row and reads its header.</summary>
    /// <param name="number">The number under which the row is stored.</param>
    /// <param name="body">The row.</param>
    /// <param name="salt">The salt of the journal.</param>
    /// <exception cref="JournalDamagedException">The row is not what was written.</exception>
    public static LogCommit Open(long number, byte[] body, uint salt)
    {
        if (body.Length < HeaderLength || body[0] != Format) throw Damaged(number, "has no header of a known format");
        if (BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(SaltAt)) != salt)
            throw Damaged(number, "belongs to another journal");
        var sum = BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(SumAt));
        if (sum != SumOf(body)) throw Damaged(number, "has another checksum than its bytes");
        if (BinaryPrimitives.ReadInt64LittleEndian(body.AsSpan(NumberAt)) != number)
            throw Damaged(number, "was written under another number");
        return new LogCommit(number, BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(PreviousAt)), sum, body);
    }

    /// <summary>Checks that this commit is the one after another of the same writer.</summary>
    /// <param name="number">The number of the commit before.</param>
    /// <param name="sum">Its checksum.</param>
    /// <exception cref="JournalDamagedException">It is not.</exception>
    public void Follows(long number, uint sum)
    {
        if (Number != number + 1) throw Damaged(number + 1, "is missing");
        if (Previous != sum) throw Damaged(Number, "follows another commit than the one before it");
    }

    /// <summary>Calls back for each entity with the place of its entries in the body.</summary>
    /// <exception cref="JournalDamagedException">The body is not of this format.</exception>
    public void ForEach(Action<string, ReadOnlyMemory<byte>> action)
    {
        var body = Body.Span;
        for (var at = HeaderLength; at < Body.Length;)
        {
            var (idStart, idLength) = LogBytes.ReadPart(body, ref at);
            if (Body.Length - at < sizeof(uint)) throw Damaged(Number, "ends within an entity");
            var length = BinaryPrimitives.ReadUInt32LittleEndian(body[at..]);
            at += sizeof(uint);
            if (length > Body.Length - at) throw Damaged(Number, "ends within the entries of an entity");
            action(Encoding.UTF8.GetString(body.Slice(idStart, idLength)), Body.Slice(at, (int)length));
            at += (int)length;
        }
    }

    /// <summary>How an error names a commit.</summary>
    public static string Describe(long number) =>
        $"commit {number & ((1L << NumberBits) - 1)} of writer {WriterOf(number)}";

    private static JournalDamagedException Damaged(long number, string what) => new($"{Describe(number)} {what}");

    private static uint SumOf(ReadOnlySpan<byte> body) =>
        Crc32C.End(Crc32C.Add(Crc32C.Add(Crc32C.Start, body[..SumAt]), body[HeaderLength..]));
}
