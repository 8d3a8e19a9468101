using Cluster.Node.Gateway;
using Cluster.Node.Settings;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Node.Startup;

/// <summary>
/// Checks before the start whether a file can be a SQLite journal. The journal itself treats any failure as temporary
/// and would retry for ever.
/// </summary>
internal static class JournalFile
{
    /// <summary>Whether the database has a table with the journal's name but without its key.</summary>
    private const string IsForeign = """
        SELECT count(*) > 0 AND sum(name IN ('persistence_id', 'see_journal_log')) = 0 FROM pragma_table_info('journal')
        """;

    /// <summary>Opens the file as the journal will, for a moment. Creates it if it does not exist.</summary>
    /// <param name="path">The path of the file, whose directory exists.</param>
    /// <param name="setting">The setting that names it: "journal" or "data".</param>
    /// <exception cref="StartException">The file cannot be used, for a lasting reason.</exception>
    public static void Check(string path, string setting)
    {
        if (Directory.Exists(path)) throw Refusal(path, setting, "it is a directory: give the path of a file in it");
        if (RegularFile.IsOther(path))
            throw Refusal(path, setting, "it is a device, a pipe or a socket: give the path of a file");
        try
        {
            if (!Open(path))
                throw Refusal(path, setting, "it is the database of something else: give the path of another file");
        }
        catch (SqliteException exception) when (Explain(exception.SqliteErrorCode) is { } reason)
        {
            throw Refusal(path, setting, reason);
        }
        catch (SqliteException)
        {
            // Locked by another node, or the disk is full: a temporary failure, for which the journal waits.
        }
    }

    private static bool Open(string path)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 };
        using var connection = new SqliteConnection(text.ToString());
        connection.Open();
        // The first statement reads the file, the second creates its companions (-wal, -shm) in the directory.
        foreach (var statement in new[] { "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL", "BEGIN IMMEDIATE", "ROLLBACK" })
            Execute(connection, statement);
        return Execute(connection, IsForeign) is 0L;
    }

    private static object? Execute(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return command.ExecuteScalar();
    }

    // Null: the failure may be temporary.
    private static string? Explain(int code) => code switch
    {
        raw.SQLITE_NOTADB => "it is something else than a SQLite file: give the path of one, or of none that exists",
        raw.SQLITE_CORRUPT => "it is damaged: restore it from a backup, or give the path of another",
        raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM =>
            "the node may not write to it or to its directory: let its user do so, or give the path of another",
        _ => null,
    };

    private static StartException Refusal(string path, string setting, string reason) =>
        new($"{setting}: {path} cannot be the journal: {reason}");
}
