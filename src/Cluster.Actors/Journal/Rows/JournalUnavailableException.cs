namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The journal could not confirm a write or could not read a history: its database is down, full, locked or shutting
/// down, or its queue is full. The write may have been stored all the same (if the connection broke during the commit),
/// so the actor must recover from the journal before it goes on.
/// </summary>
public sealed class JournalUnavailableException : Exception
{
    /// <param name="message">What failed.</param>
    /// <param name="innerException">The failure of the database, if it was asked.</param>
    public JournalUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the database works and refused the rows themselves, so that waiting does not help.</summary>
    public bool IsRefusal { get; init; }
}
