using System.Data.Common;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.PostgreSql;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Sqlite;
using Cluster.Actors.Journal.Write;
using Cluster.Journal.Inspection;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Cluster.Journal.Tests;

/// <summary>A journal in a temporary SQLite file or in PostgreSQL, which nodes write with their own classes.</summary>
/// <param name="postgreSql">How to connect to PostgreSQL; null: it is a file.</param>
internal sealed class TestJournal(string? postgreSql = null) : IDisposable
{
    private const string Group = "g";

    // The package makes this table. The writer of the log only needs that it is there.
    private const string MakePackageTable = """
        CREATE TABLE IF NOT EXISTS akka_journal (ordering INTEGER PRIMARY KEY, persistence_id TEXT, sequence_number BIGINT,
            created BIGINT, message BLOB, identifier INTEGER, manifest TEXT, writer_uuid TEXT, deleted BOOLEAN,
            UNIQUE (persistence_id, sequence_number))
        """;

    private static readonly IFenceGroups Groups = new OneGroup();

    private readonly string _folder = Directory.CreateTempSubdirectory("journal-tests-").FullName;
    private LogWriteConnection? _node;

    public string File => Path.Combine(_folder, "journal.db");

    public JournalPlace Place => postgreSql is null ? JournalPlace.OfFile(File) : JournalPlace.Parse(postgreSql);

    /// <summary>A path in the folder of the journal.</summary>
    public string Beside(string name) => Path.Combine(_folder, name);

    /// <summary>Starts a node. The one before, if there is one, ends as in a crash.</summary>
    public TestJournal Start(string name = "node", long logBytes = 32 << 20)
    {
        _node?.Dispose();
        Sql(postgreSql is null ? MakePackageTable : MakePackageTable.Replace("BLOB", "BYTEA", StringComparison.Ordinal));
        var config = postgreSql is null
            ? GroupCommitJournalConfig.Sqlite(File)
            : GroupCommitJournalConfig.PostgreSql(postgreSql);
        var settings = GroupCommitSettings.From(config.GetConfig(GroupCommitJournalConfig.PluginId)
            .WithFallback(SqlPersistence.DefaultJournalConfiguration));
        var index = new LogIndex(Groups.Of);
        var writer = new LogWriter(index, new LogSettings(name, logBytes) { IdleBytes = 0 }, TimeProvider.System);
        _node = new LogWriteConnection(
            writer, postgreSql is null ? new SqliteLog(settings) : new PostgreSqlLog(settings));
        var claims = new LogClaims(index, request =>
        {
            Write(request);
            request.Complete();
        });
        // A node writes for a group once an actor of it has recovered.
        using var reader = new LogReadConnection(
            index, postgreSql is null ? new SqliteLogReader(settings) : new PostgreSqlLogReader(settings), Groups,
            () => writer.Salt, claims, _ => { });
        reader.Read([new RecoveryRequest(
            new ReplayMessages(1, long.MaxValue, long.MaxValue, "1/1/0", ActorRefs.Nobody), null!, item => [item])]);
        return this;
    }

    /// <summary>One commit with records of one entity.</summary>
    public TestJournal Records(string id, long first, params string[] texts)
    {
        Write(Request(id, first, isSnapshot: false, texts));
        return this;
    }

    /// <summary>One commit with a snapshot of one entity, in pieces.</summary>
    public TestJournal Snapshot(string id, long first, params string[] pieces)
    {
        Write(Request(id, first, isSnapshot: true, pieces));
        return this;
    }

    /// <summary>One commit that deletes the history of an entity.</summary>
    public TestJournal End(string id, long last)
    {
        Write(EndOf(id, last));
        return this;
    }

    /// <summary>A write that deletes the history of an entity.</summary>
    public static WriteRequest EndOf(string id, long last) => WriteRequest.OfEnd(id, Group, last);

    /// <summary>Moves all of the log into segments, and removes its rows but the newest.</summary>
    public TestJournal Compact()
    {
        while (_node!.Idle() is not null)
        {
            // A step at a time.
        }

        return this;
    }

    /// <summary>Ends the node in order.</summary>
    public void Stop()
    {
        _node!.Finish();
        _node.Dispose();
    }

    /// <summary>Does to the file what no node does.</summary>
    public void Sql(string text)
    {
        using DbConnection connection = postgreSql is null
            ? new SqliteConnection($"Data Source={File};Pooling=false")
            : new NpgsqlConnection($"{postgreSql};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>What a verification says.</summary>
    public JournalReport Verify()
    {
        using var snapshot = JournalSnapshot.Open(Place);
        return JournalReport.Of(snapshot, CancellationToken.None);
    }

    /// <summary>The histories of all entities, or of one, without regard to faults.</summary>
    public List<EntityHistory> Histories(string? only = null)
    {
        using var snapshot = JournalSnapshot.Open(Place);
        var histories = new List<EntityHistory>();
        new JournalReader(snapshot, _ => { }, only).Read(histories.Add, CancellationToken.None);
        return histories;
    }

    public void Dispose()
    {
        _node?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One commit with the writes of several entities.</summary>
    public void Write(params List<WriteRequest> requests)
    {
        _node!.Write(requests);
        foreach (var request in requests)
            if (request.Failure is { } failure) throw new InvalidOperationException("the write failed", failure);
    }

    /// <summary>A step of the compaction.</summary>
    public void Step() => _node!.Idle();

    /// <summary>A write of records, or of the pieces of a snapshot.</summary>
    public static WriteRequest Request(string id, long first, bool isSnapshot, params string[] texts)
    {
        var manifest = isSnapshot ? JournalRecordSerializer.SnapshotManifest : JournalRecordSerializer.RecordManifest;
        var rows = texts.Select((text, i) => new JournalRow(
            first + i, 0, Encoding.UTF8.GetBytes(text), JournalRecordSerializer.SerializerId, manifest, "")).ToArray();
        return new WriteRequest(id, rows, isSnapshot ? first : 0, null, CancellationToken.None, Group);
    }

    private sealed class OneGroup : IFenceGroups
    {
        public string Of(string persistenceId) => Group;
    }
}
