using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Cluster.Journal.Inspection;

/// <summary>Copies a journal of running nodes, as of one moment, into a new SQLite file.</summary>
internal static class JournalBackup
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the copy. It appears under its name once it is complete and on the disk.</summary>
    /// <param name="place">The journal.</param>
    /// <param name="file">The new file. Only its owner may read it: the journal has secrets of processes.</param>
    /// <exception cref="IOException">There is a file of that name, or it cannot be written.</exception>
    /// <exception cref="JournalUnreadableException">The journal cannot be read.</exception>
    public static void Make(JournalPlace place, string file)
    {
        if (Path.Exists(file)) throw new IOException($"{file} is there already, and is not replaced");
        using var snapshot = JournalSnapshot.Open(place);
        snapshot.ReadSalt();
        var part = file + ".part";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        new FileStream(part, options).Dispose();
        try
        {
            Copy(place, snapshot, part);
            using (var copy = File.Open(part, FileMode.Open, FileAccess.ReadWrite)) copy.Flush(flushToDisk: true);
            File.Move(part, file, overwrite: false);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static void Copy(JournalPlace place, JournalSnapshot snapshot, string part)
    {
        try
        {
            if (snapshot is PostgreSqlSnapshot server)
            {
                using var target = new SqliteConnection(new SqliteConnectionStringBuilder
                {
                    DataSource = part, Mode = SqliteOpenMode.ReadWrite, Pooling = false,
                }.ToString());
                target.Open();
                new PostgreSqlCopy(server, target).Run();
                return;
            }

            using var connection = SqliteSnapshot.Connect(place.File!);
            using var command = new SqliteCommand("VACUUM INTO @file", connection) { CommandTimeout = 0 };
            command.Parameters.AddWithValue("@file", part);
            command.ExecuteNonQuery();
        }
        catch (DbException exception)
        {
            throw new JournalUnreadableException($"{place} cannot be copied: {exception.Message}", exception);
        }
    }
}
