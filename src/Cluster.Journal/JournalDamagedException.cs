namespace Cluster.Journal;

/// <summary>
/// The journal holds something that this node did not write there: a row was changed, lost, doubled, or belongs to
/// another journal. What it says is never used.
/// </summary>
public sealed class JournalDamagedException : Exception
{
    /// <param name="message">What is wrong, as the end of a sentence.</param>
    public JournalDamagedException(string message)
        : base(message)
    {
    }
}
