using System.Data.Common;
using Akka.Configuration;
using Cluster.Actors.Journal;
using Npgsql;

namespace Cluster.Actors.Tests.Journal;

/// <summary>In PostgreSQL.</summary>
public sealed class PostgreSqlMigrationTests(PostgresFixture postgres)
    : JournalMigrationContract, IClassFixture<PostgresFixture>
{
    private string _connectionString = string.Empty;

    protected override Config JournalConfig => GroupCommitJournalConfig.PostgreSql(_connectionString);

    protected override bool IsSqlite => false;

    protected override string MakeOldTable => """
        CREATE TABLE journal (ordering BIGSERIAL PRIMARY KEY, created BIGINT NOT NULL, deleted BOOLEAN NOT NULL,
            persistence_id VARCHAR(255) NOT NULL, sequence_number BIGINT NOT NULL, message BYTEA NOT NULL,
            manifest VARCHAR(500), identifier INT, writer_uuid VARCHAR(128), UNIQUE (persistence_id, sequence_number))
        """;

    public override async Task InitializeAsync()
    {
        if (postgres.IsAvailable) _connectionString = await postgres.CreateDatabaseAsync();
    }

    protected override async Task<DbConnection> OpenAsync()
    {
        postgres.Require();
        var connection = new NpgsqlConnection(_connectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
