namespace Cluster.Journal.Inspection;

/// <summary>
/// There is no journal that this version reads, or it cannot be reached. Nothing says that it is damaged.
/// </summary>
/// <param name="message">What is wrong, and what to do.</param>
/// <param name="cause">The failure of the database; null: there was none.</param>
internal sealed class JournalUnreadableException(string message, Exception? cause = null) : Exception(message, cause);
