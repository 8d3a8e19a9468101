using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Write;

/// <summary>The database refused the rows themselves, so that another attempt would not help.</summary>
internal sealed class RowsRefusedException : Exception
{
    public RowsRefusedException(bool isConflict, Exception innerException)
        : base(innerException.Message, innerException)
    {
        IsConflict = isConflict;
    }

    /// <summary>Whether the persistence id already has that sequence number.</summary>
    public bool IsConflict { get; }

    /// <summary>The failure for the request that the rows belong to.</summary>
    public Exception FailureOf(WriteRequest request)
    {
        var first = request.Stored[0].SequenceNr;
        return IsConflict
            ? new JournalConflictException(request.PersistenceId, first, InnerException!)
            : new JournalUnavailableException(
                $"The database refused the rows of '{request.PersistenceId}' from sequence number {first}: {Message}",
                InnerException) { IsRefusal = true };
    }
}
