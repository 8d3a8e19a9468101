namespace Cluster.Journal;

/// <summary>
/// The table that nodes of the version before know as the journal. It has none of their columns: such a node refuses the
/// journal, where it would otherwise start each object with an empty state.
/// </summary>
public static class JournalMarker
{
    /// <summary>The name of the table.</summary>
    public const string Table = "journal";

    /// <summary>The name of the package's table, which had the name before.</summary>
    public const string PackageTable = "akka_journal";

    /// <summary>Why a journal of the version before is not used as it is.</summary>
    public const string NotMoved = "the journal was written by a version before, and was not moved to the format of this one "
        + "yet: stop all nodes, and start one";

    /// <summary>Counts the columns by which a journal of the version before is known: one, or none.</summary>
    public static string CountOld(bool isSqlite) => isSqlite
        ? $"SELECT count(*) FROM pragma_table_info('{Table}') WHERE name = 'persistence_id'"
        : $"""
           SELECT count(*) FROM information_schema.columns
           WHERE table_schema = current_schema() AND table_name = '{Table}' AND column_name = 'persistence_id'
           """;

    /// <summary>Makes the table if it is not there.</summary>
    public const string Make = $"CREATE TABLE IF NOT EXISTS {Table} (see_journal_log INTEGER)";
}
