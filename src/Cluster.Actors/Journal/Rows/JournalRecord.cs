namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The payload that all entities journal: bytes that they have already encoded. Each record is stored unchanged as one
/// row of the journal table, under the manifest <c>r</c> (ordinary) or <c>s</c> (snapshot).
/// </summary>
/// <remarks>
/// A snapshot record holds the state of its actor, or one piece of it: the pieces are consecutive records of one
/// atomic write. Storing it deletes, in the same transaction, every row of that actor before its first piece.
/// </remarks>
public sealed class JournalRecord
{
    /// <param name="payload">The bytes to store. They must not change until the write is confirmed.</param>
    /// <param name="isSnapshot">Whether the record replaces all records before it.</param>
    public JournalRecord(ReadOnlyMemory<byte> payload, bool isSnapshot)
    {
        Payload = payload;
        IsSnapshot = isSnapshot;
    }

    /// <summary>The bytes stored; empty is allowed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Whether the record replaces all records before it.</summary>
    public bool IsSnapshot { get; }
}
