namespace Cluster.Journal;

/// <summary>What an entry of the log means to the history of its entity. The values are on disk.</summary>
internal enum LogEntryKind : byte
{
    /// <summary>An ordinary record.</summary>
    Record = (byte)'r',

    /// <summary>The first piece of a snapshot: all entries before it are of no use any more.</summary>
    SnapshotStart = (byte)'S',

    /// <summary>A further piece of a snapshot.</summary>
    SnapshotPiece = (byte)'s',

    /// <summary>The history before this entry was deleted. The entry keeps the number.</summary>
    End = (byte)'e',
}

/// <summary>One entry of the history of an entity.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="SequenceNr">Its number in the history, from 1.</param>
/// <param name="Payload">The record; empty for <see cref="LogEntryKind.End"/>.</param>
internal readonly record struct LogEntry(LogEntryKind Kind, long SequenceNr, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Appends the entry: kind, number, length, payload.</summary>
    public void AddTo(LogBytes bytes)
    {
        bytes.Add((byte)Kind);
        bytes.AddNumber(SequenceNr);
        bytes.AddNumber(Payload.Length);
        bytes.Add(Payload.Span);
    }

    /// <summary>Reads the kind and the number of the first entry.</summary>
    /// <exception cref="JournalDamagedException">There is no entry.</exception>
    public static (LogEntryKind Kind, long SequenceNr) Peek(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) throw new JournalDamagedException("an entity in it has no entries");
        var at = 1;
        return ((LogEntryKind)bytes[0], LogBytes.ReadNumber(bytes, ref at));
    }

    /// <summary>Reads the entries that follow one another in the bytes.</summary>
    /// <exception cref="JournalDamagedException">They are no entries.</exception>
    public static void ReadAll(ReadOnlyMemory<byte> bytes, List<LogEntry> entries)
    {
        var span = bytes.Span;
        for (var at = 0; at < span.Length;)
        {
            var kind = (LogEntryKind)span[at++];
            if (kind is not (LogEntryKind.Record or LogEntryKind.SnapshotStart or LogEntryKind.SnapshotPiece
                or LogEntryKind.End))
            {
                throw new JournalDamagedException($"an entry in it is of the unknown kind {(byte)kind}");
            }

            var number = LogBytes.ReadNumber(span, ref at);
            var (start, length) = LogBytes.ReadPart(span, ref at);
            entries.Add(new LogEntry(kind, number, bytes.Slice(start, length)));
        }
    }
}
