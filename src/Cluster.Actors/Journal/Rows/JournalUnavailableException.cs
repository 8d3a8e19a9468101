namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The journal could not confirm a write or read a history: its database is away, full, locked or shutting down, or its
/// queue is full. A write that failed so may have been stored all the same (the connection broke while it was being
/// committed), so the actor must recover from the journal before it goes on.
/// </summary>
public sealed class JournalUnavailableException : Exception
{
    /// <param name="message">What failed.</param>
    /// <param name="innerException">What the database said, if it was asked.</param>
    public JournalUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The database works, and refused the rows for what they are: to wait does not help.</summary>
    public bool IsRefusal { get; init; }
}
