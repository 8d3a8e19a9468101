namespace Cluster.Actors.Journal.Write;

/// <summary>
/// The write was refused because another incarnation of its actor has already stored that sequence number. The writer
/// is stale and must stop. Nothing of the write was stored. Other writes of the same transaction are not affected.
/// </summary>
public sealed class JournalConflictException : Exception
{
    /// <param name="persistenceId">The persistence id of both incarnations.</param>
    /// <param name="firstSequenceNr">The first sequence number of the refused write.</param>
    /// <param name="innerException">The failure of the database.</param>
    public JournalConflictException(string persistenceId, long firstSequenceNr, Exception? innerException)
        : base(
            $"A stale writer of '{persistenceId}': another incarnation has already stored sequence number " +
            $"{firstSequenceNr} or one that follows it in the same write.",
            innerException)
    {
        PersistenceId = persistenceId;
        FirstSequenceNr = firstSequenceNr;
    }

    /// <summary>The persistence id of both incarnations.</summary>
    public string PersistenceId { get; }

    /// <summary>The first sequence number of the refused write.</summary>
    public long FirstSequenceNr { get; }
}
