using System.Buffers.Binary;

namespace Cluster.Simulation.Sockets;

/// <summary>
/// What was sent over connections and received, in records of 8 bytes, each of which is sent once: the connection, the end that
/// sends, and a number that counts up.
/// </summary>
internal sealed class SocketHistory
{
    public const int RecordBytes = 8;

    private readonly HashSet<ulong> _sent = [];
    private readonly HashSet<ulong> _maybe = [];    // of sends whose outcome was lost
    private readonly Dictionary<ulong, uint> _last = [];  // numbers that were given out, by direction
    private readonly List<(ulong Revision, ulong[] Records, ulong Direction)> _received = [];
    private readonly HashSet<ulong> _ended = [];    // directions of which a receiver saw the end
    private readonly HashSet<ulong> _unknown = [];  // directions with a receive whose outcome was lost

    /// <summary>Records that were certainly sent.</summary>
    public int Count => _sent.Count;

    /// <summary>Directions whose end was seen.</summary>
    public int Ends => _ended.Count;

    /// <summary>New records from one end.</summary>
    public byte[] Next(int connection, int end, int count)
    {
        var direction = DirectionOf(connection, end);
        var last = _last.GetValueOrDefault(direction);
        var data = new byte[count * RecordBytes];
        for (var at = 0; at < data.Length; at += RecordBytes)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(at), direction | ++last);
        _last[direction] = last;
        return data;
    }

    /// <summary>A send of which so many bytes have gone.</summary>
    public void Sent(ReadOnlySpan<byte> data, long bytes)
    {
        if (bytes % RecordBytes != 0) throw new SimulationException($"a send was divided after {bytes} bytes");
        foreach (var record in Split(data[..(int)bytes])) _sent.Add(record);
    }

    public void MayHaveSent(ReadOnlySpan<byte> data) => _maybe.UnionWith(Split(data));

    /// <summary>One end has received what the other one has sent.</summary>
    public void Received(int connection, int end, ReadOnlySpan<byte> data, ulong revision)
    {
        if (data.Length % RecordBytes != 0) throw new SimulationException($"a receive has {data.Length} bytes");
        _received.Add((revision, Split(data), DirectionOf(connection, 1 - end)));
    }

    /// <summary>One end has seen the end of what the other one has sent, or ECONNRESET behind it.</summary>
    public void Ended(int connection, int end) => _ended.Add(DirectionOf(connection, 1 - end));

    /// <summary>Nobody knows what one end has received.</summary>
    public void MayHaveReceived(int connection, int end) => _unknown.Add(DirectionOf(connection, 1 - end));

    /// <summary>Every record was received once and in order, and none is missing before an end.</summary>
    public void Check()
    {
        var all = new HashSet<ulong>();
        var last = new Dictionary<ulong, ulong>();
        foreach (var (_, records, direction) in _received.OrderBy(each => each.Revision))
        {
            foreach (var record in records)
            {
                if (!all.Add(record)) throw new SimulationException($"{record:x} was received twice");
                if (!_sent.Contains(record) && !_maybe.Contains(record))
                    throw new SimulationException($"{record:x} was received, and not sent");
                if ((record & ~0xFFFFFFFFUL) != direction)
                    throw new SimulationException($"{record:x} came out of {direction:x}");
                if (record <= last.GetValueOrDefault(direction))
                    throw new SimulationException($"{record:x} was received after {last[direction]:x}");
                last[direction] = record;
            }
        }

        var lost = _sent.FirstOrDefault(record =>
            !all.Contains(record) && _ended.Contains(record & ~0xFFFFFFFFUL) && !_unknown.Contains(record & ~0xFFFFFFFFUL));
        if (lost != 0) throw new SimulationException($"{lost:x} is lost");
    }

    private static ulong DirectionOf(int connection, int end) => ((ulong)connection << 33) | ((ulong)(uint)end << 32);

    private static ulong[] Split(ReadOnlySpan<byte> data)
    {
        var records = new ulong[data.Length / RecordBytes];
        for (var i = 0; i < records.Length; i++)
            records[i] = BinaryPrimitives.ReadUInt64LittleEndian(data[(i * RecordBytes)..]);
        return records;
    }
}
