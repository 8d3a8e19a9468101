using System.Data.Common;
using Akka.Configuration;
using Cluster.Actors.Journal;
using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Tests.Journal;

/// <summary>In a SQLite file.</summary>
public sealed class SqliteMigrationTests : JournalMigrationContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("journal-migration-").FullName;

    protected override Config JournalConfig => GroupCommitJournalConfig.Sqlite(Path.Combine(_folder, "journal.db"));

    protected override bool IsSqlite => true;

    protected override string MakeOldTable => """
        CREATE TABLE journal (ordering INTEGER PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, deleted BIT NOT NULL,
            persistence_id NVARCHAR(255) NOT NULL, sequence_number INTEGER NOT NULL, message VARBINARY NOT NULL,
            manifest NVARCHAR(500), identifier INTEGER, writer_uuid NVARCHAR(128));
        CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)
        """;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override async Task<DbConnection> OpenAsync()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "journal.db")};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
