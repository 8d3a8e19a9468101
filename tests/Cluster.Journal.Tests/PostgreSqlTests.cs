using Cluster.Actors.Tests.Journal;
using Cluster.Journal.Inspection;
using Microsoft.Data.Sqlite;

namespace Cluster.Journal.Tests;

/// <summary>The same with a journal in PostgreSQL.</summary>
public sealed class PostgreSqlTests(PostgresFixture server) : IClassFixture<PostgresFixture>
{
    private const long First = (1L << LogCommit.NumberBits) + 1;

    [SkippableFact]
    public async Task A_journal_of_a_running_node_is_sound_and_counted()
    {
        using var journal = await FilledAsync();
        var report = journal.Verify();
        Assert.Empty(report.Faults);
        Assert.Equal((1, 2L, 1L, 2L), (report.Writers, report.Commits, report.Leftovers, report.Segments));
        Assert.Equal((2L, 4L), (report.Entities, report.Records));
    }

    [SkippableFact]
    public async Task A_missing_row_and_a_changed_segment_are_found()
    {
        using var journal = await FilledAsync();
        journal.Records("1/1/0", 4, "d").Sql($"DELETE FROM journal_log WHERE n = {First + 2}");
        journal.Sql("UPDATE journal_segment SET body = set_byte(body, 12, 255) WHERE id = '1/1/1'");
        Assert.Equal(
            [
                "commit 3 of writer 1 is missing", "record 3 of 1/1/0 is missing",
                "the segment 1 to 1 of 1/1/1 has another checksum than its bytes",
            ],
            journal.Verify().Faults.Select(fault => fault.What));
    }

    [SkippableFact]
    public async Task A_copy_is_a_SQLite_file_with_all_of_it()
    {
        using var journal = await FilledAsync();
        journal.Sql("""
            CREATE TABLE cluster_record (one INTEGER PRIMARY KEY, epoch BIGINT NOT NULL, members TEXT);
            INSERT INTO cluster_record VALUES (1, 7, 'a,b');
            INSERT INTO akka_journal VALUES (1, 'x', 1, 5, '\x0102', 7, 'm', 'w', true), (2, 'x', 2, 5, NULL, 7, '', 'w', false)
            """);
        var file = journal.Beside("copy.db");
        JournalBackup.Make(journal.Place, file);
        using (var snapshot = JournalSnapshot.Open(JournalPlace.OfFile(file)))
        {
            var report = JournalReport.Of(snapshot, CancellationToken.None);
            Assert.Empty(report.Faults);
            Assert.Equal(journal.Verify() with { Faults = [] }, report with { Faults = [] });
        }

        using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        Assert.Equal("1|7|a,b", Read(connection, "SELECT one || '|' || epoch || '|' || members FROM cluster_record"));
        Assert.Equal(
            "1 x 1 0102 1;2 x 2  0",
            Read(connection, """
                SELECT group_concat(ordering || ' ' || persistence_id || ' ' || sequence_number || ' '
                    || coalesce(hex(message), '') || ' ' || deleted, ';') FROM akka_journal
                """));
        Assert.Throws<SqliteException>(() => Read(connection,
            "INSERT INTO akka_journal (persistence_id, sequence_number) VALUES ('x', 1)"));
        Assert.Equal("3", Read(connection,
            "INSERT INTO akka_journal (persistence_id, sequence_number) VALUES ('x', 3) RETURNING ordering"));
    }

    [SkippableFact]
    public async Task A_database_without_a_journal_is_told_as_such()
    {
        server.Require();
        using var journal = new TestJournal(await server.CreateDatabaseAsync());
        Assert.Contains("there is no journal in this database",
            Assert.Throws<JournalUnreadableException>(journal.Verify).Message, StringComparison.Ordinal);
        journal.Sql("CREATE TABLE journal (persistence_id TEXT, sequence_number INTEGER)");
        Assert.Contains("of a version before",
            Assert.Throws<JournalUnreadableException>(journal.Verify).Message, StringComparison.Ordinal);
    }

    // Two entities in segments, and one more record in the log.
    private async Task<TestJournal> FilledAsync()
    {
        server.Require();
        return new TestJournal(await server.CreateDatabaseAsync()).Start()
            .Records("1/1/0", 1, "a", "b").Records("1/1/1", 1, "x").Compact().Records("1/1/0", 3, "c");
    }

    private static string? Read(SqliteConnection connection, string text)
    {
        using var command = new SqliteCommand(text, connection);
        return command.ExecuteScalar()?.ToString();
    }
}
