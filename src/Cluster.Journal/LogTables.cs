namespace Cluster.Journal;

/// <summary>The tables of the log. The statements are those of both databases where that is possible.</summary>
internal static class LogTables
{
    /// <summary>The format of the journal. A node refuses a journal of another one.</summary>
    public const int Format = 2;

    /// <summary>The format of a journal of the version before that is not moved to this format as a whole yet.</summary>
    public const int Moving = 1;

    /// <summary>Which database this is: the salt is in each row, and the fence has a version.</summary>
    public const string MakeState = """
        CREATE TABLE IF NOT EXISTS journal_state (one INTEGER PRIMARY KEY, format INTEGER NOT NULL, salt BIGINT NOT NULL,
            fence BIGINT NOT NULL, last_writer BIGINT NOT NULL)
        """;

    /// <summary>The writers: the node of each, the last commit that is in segments, and whether it may write.</summary>
    public const string MakeWriters = """
        CREATE TABLE IF NOT EXISTS journal_writer (writer BIGINT PRIMARY KEY, node TEXT NOT NULL, number BIGINT NOT NULL,
            sum BIGINT NOT NULL, open INTEGER NOT NULL)
        """;

    /// <summary>The writer of each group.</summary>
    public const string MakeGroups =
        "CREATE TABLE IF NOT EXISTS journal_group (name TEXT PRIMARY KEY, writer BIGINT NOT NULL)";

    /// <summary>Makes all tables that are not there.</summary>
    public static IEnumerable<string> Make(bool isSqlite) =>
    [
        MakeState, MakeWriters, MakeGroups,
        isSqlite
            ? "CREATE TABLE IF NOT EXISTS journal_log (n INTEGER PRIMARY KEY, body BLOB NOT NULL)"
            : "CREATE TABLE IF NOT EXISTS journal_log (n BIGINT PRIMARY KEY, body BYTEA NOT NULL)",
        isSqlite
            ? """
              CREATE TABLE IF NOT EXISTS journal_segment (id TEXT NOT NULL, first INTEGER NOT NULL,
                  last INTEGER NOT NULL, ended INTEGER, body BLOB NOT NULL, PRIMARY KEY (id, first))
              """
            : """
              CREATE TABLE IF NOT EXISTS journal_segment (id TEXT COLLATE "C" NOT NULL, first BIGINT NOT NULL,
                  last BIGINT NOT NULL, ended BIGINT, body BYTEA NOT NULL, PRIMARY KEY (id, first))
              """,
    ];

    /// <summary>One state, under the number 1. If several nodes insert at once, the first one wins.</summary>
    public const string InsertState =
        "INSERT INTO journal_state VALUES (1, @format, @salt, 0, 0) ON CONFLICT (one) DO NOTHING";

    /// <summary>The format, salt and fence version.</summary>
    public const string ReadState = "SELECT format, salt, fence FROM journal_state";

    /// <summary>Takes the next number of a writer.</summary>
    public const string NextWriter =
        "UPDATE journal_state SET last_writer = last_writer + 1, fence = fence + 1 RETURNING last_writer";

    /// <summary>The fence has another version from now on.</summary>
    public const string MoveFence = "UPDATE journal_state SET fence = fence + 1";

    /// <summary>The former writers of a node.</summary>
    public const string ReadFormer =
        "SELECT writer, number, sum FROM journal_writer WHERE node = @node AND writer <> @writer ORDER BY writer";

    /// <summary>Former writers write no more, and their groups are those of the new one.</summary>
    public const string CloseFormer =
        "UPDATE journal_writer SET open = 0 WHERE node = @node AND writer <> @writer";

    /// <summary>See <see cref="CloseFormer"/>.</summary>
    public const string InheritGroups = """
        UPDATE journal_group SET writer = @writer
        WHERE writer IN (SELECT writer FROM journal_writer WHERE node = @node AND writer <> @writer)
        """;

    /// <summary>Claims a group.</summary>
    public const string ClaimGroup =
        "INSERT INTO journal_group VALUES (@name, @writer) ON CONFLICT (name) DO UPDATE SET writer = excluded.writer";

    /// <summary>
    /// Writers without groups that have rows, unless a writer of the same node has groups: that one sees to them.
    /// </summary>
    public const string CloseWithoutGroups = """
        UPDATE journal_writer SET open = 0, node = (SELECT o.node FROM journal_writer AS o WHERE o.writer = @writer)
        WHERE writer <> @writer
          AND node NOT IN (SELECT w.node FROM journal_writer AS w JOIN journal_group AS g ON g.writer = w.writer)
          AND EXISTS (SELECT 1 FROM journal_log AS l
                      WHERE l.n > journal_writer.writer * 1099511627776
                        AND l.n < (journal_writer.writer + 1) * 1099511627776)
        RETURNING writer, number, sum
        """;

    /// <summary>All writers.</summary>
    public const string ReadWriters = "SELECT writer, node, number, sum, open FROM journal_writer ORDER BY writer";

    /// <summary>All groups.</summary>
    public const string ReadGroups = "SELECT name, writer FROM journal_group";

    /// <summary>Rows of the log.</summary>
    public const string ReadLog = "SELECT n, body FROM journal_log WHERE n > @above AND n <= @to ORDER BY n";

    /// <summary>The journal was opened before, and is another one now.</summary>
    public const string Another =
        "the database is not the one that this node has used: it was removed or replaced. Stop all nodes, and bring it back";

    /// <summary>Checks what <see cref="ReadState"/> has read.</summary>
    /// <param name="row">The format and the salt; null: there is no row.</param>
    /// <param name="expected">The salt that the journal had before; null: none is expected.</param>
    /// <exception cref="JournalDamagedException">It is another journal, or one of another format.</exception>
    public static uint Check((long Format, long Salt)? row, uint? expected)
    {
        if (row is not { } state) throw new JournalDamagedException(Another);
        if (state.Format == Moving)
        {
            throw new JournalDamagedException("the journal was not moved to the format of this version as a whole: start "
                + "one node by itself, and wait until it has done so");
        }

        if (state.Format != Format)
        {
            throw new JournalDamagedException($"the journal has format {state.Format}, and this version reads format "
                + $"{Format}: use the version that wrote it");
        }

        return expected is { } salt && salt != state.Salt
            ? throw new JournalDamagedException(Another)
            : (uint)state.Salt;
    }
}
