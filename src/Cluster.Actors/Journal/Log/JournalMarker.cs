namespace Cluster.Actors.Journal.Log;

/// <summary>
/// The table that nodes of the version before know as the journal. It has none of their columns: such a node refuses the
/// journal, where it would otherwise start each object with an empty state.
/// </summary>
public static class JournalMarker
{
    /// <summary>The name of the table.</summary>
    public const string Table = "journal";

    /// <summary>Its only column.</summary>
    public const string Column = "see_journal_log";

    /// <summary>The name of the package's table, which had the name before.</summary>
    public const string PackageTable = "akka_journal";

    /// <summary>Makes the table if it is not there.</summary>
    public const string Make = $"CREATE TABLE IF NOT EXISTS {Table} ({Column} INTEGER)";
}
