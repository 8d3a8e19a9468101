using Cluster.Node.Gateway;
using Cluster.Node.Settings;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cluster.Node.Startup;

/// <summary>
/// Finds out whether a file can be a SQLite journal before the node starts: the journal itself takes any failure for
/// one that passes, and would try again for ever.
/// </summary>
internal static class JournalFile
{
    /// <summary>Whether there is a table of the journal's name without its key.</summary>
    private const string IsForeign = """
        SELECT count(*) > 0 AND sum(name = 'persistence_id') = 0 FROM pragma_table_info('journal')
        """;

    /// <summary>Opens it as the journal will, for a moment; it is made if it does not exist.</summary>
    /// <param name="path">The path of the file; its directory exists.</param>
    /// <param name="setting">The setting that names it: "journal" or "data".</param>
    /// <exception cref="StartException">It cannot be used, in a way that does not pass by itself.</exception>
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
            // Locked by another node, or the disk is full: that passes, and the journal waits for it.
        }
    }

    private static bool Open(string path)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 };
        using var connection = new SqliteConnection(text.ToString());
        connection.Open();
        // The first reads the file, the second makes its companions (-wal, -shm) in the directory.
        foreach (var statement in new[] { "PRAGMA journal_mode=WAL", "BEGIN IMMEDIATE", "ROLLBACK" })
            Execute(connection, statement);
        return Execute(connection, IsForeign) is 0L;
    }

    private static object? Execute(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return command.ExecuteScalar();
    }

    // Null: it may pass.
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
