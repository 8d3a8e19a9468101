using System.Buffers.Binary;

namespace Cluster.Simulation.Fifos;

/// <summary>
/// What was written to a FIFO and read from it, in records of 8 bytes, each of which is written once: the writer and a
/// number that counts up.
/// </summary>
internal sealed class FifoHistory
{
    public const int RecordBytes = 8;

    private readonly HashSet<ulong> _written = [];
    private readonly HashSet<ulong> _maybe = [];   // of writes whose outcome was lost
    private readonly List<(ulong Revision, ulong[] Records, FifoProgram Reader)> _reads = [];

    /// <summary>Records that were certainly written.</summary>
    public int Count => _written.Count;

    /// <summary>The records of a write of which so many bytes have entered.</summary>
    public void Wrote(ReadOnlySpan<byte> data, long bytes)
    {
        if (bytes % RecordBytes != 0) throw new SimulationException($"a write was divided after {bytes} bytes");
        foreach (var record in Split(data[..(int)bytes])) _written.Add(record);
    }

    public void MayHaveWritten(ReadOnlySpan<byte> data) => _maybe.UnionWith(Split(data));

    public void Read(ReadOnlySpan<byte> data, ulong revision, FifoProgram reader)
    {
        if (data.Length % RecordBytes != 0) throw new SimulationException($"a read has {data.Length} bytes");
        _reads.Add((revision, Split(data), reader));
    }

    /// <summary>
    /// Every record was read once, and in order. A process that has died may have read some for nobody else, and what it
    /// has not acknowledged is read later than its successors.
    /// </summary>
    public void Check(bool hasReaderDied)
    {
        var living = new HashSet<ulong>();
        foreach (var record in _reads.Where(read => !read.Reader.IsDead).SelectMany(read => read.Records))
        {
            if (!living.Add(record)) throw new SimulationException($"{record:x} was read twice");
            if (!_written.Contains(record) && !_maybe.Contains(record))
                throw new SimulationException($"{record:x} was read, and not written");
        }

        var dead = _reads.Where(read => read.Reader.IsDead).SelectMany(read => read.Records).ToHashSet();
        var lost = _written.FirstOrDefault(record => !living.Contains(record) && !dead.Contains(record));
        if (lost != 0) throw new SimulationException($"{lost:x} is lost");
        if (hasReaderDied) return;
        var last = new Dictionary<ulong, ulong>();
        foreach (var record in _reads.OrderBy(read => read.Revision).SelectMany(read => read.Records))
        {
            if (record <= last.GetValueOrDefault(record >> 48))
                throw new SimulationException($"{record:x} was read after {last[record >> 48]:x}");
            last[record >> 48] = record;
        }
    }

    private static ulong[] Split(ReadOnlySpan<byte> data)
    {
        var records = new ulong[data.Length / RecordBytes];
        for (var i = 0; i < records.Length; i++)
            records[i] = BinaryPrimitives.ReadUInt64LittleEndian(data[(i * RecordBytes)..]);
        return records;
    }
}
