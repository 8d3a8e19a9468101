using System.Data.Common;
using System.Text;
using Akka.Actor;
using Cluster.Actors.Journal;

namespace Cluster.Actors.Tests.Journal;

/// <summary>A journal of the version before becomes a log, for both databases.</summary>
public abstract class JournalMigrationContract : JournalSpec
{
    private const int Entities = 450;

    /// <summary>The table of the version before, as the package made it.</summary>
    protected abstract string MakeOldTable { get; }

    protected abstract bool IsSqlite { get; }

    protected abstract Task<DbConnection> OpenAsync();

    [SkippableFact]
    public async Task All_is_moved_also_after_an_interruption()
    {
        await using (var connection = await OpenAsync())
        {
            FillOldTable(connection);
            var migration = new JournalMigration(connection, IsSqlite);
            Assert.True(migration.IsNeeded());
            using var stop = new CancellationTokenSource();
            var told = new List<(long Done, long All)>();
            Assert.Throws<OperationCanceledException>(() => migration.Run(
                (done, all) =>
                {
                    told.Add((done, all));
                    if (done > 0) stop.Cancel();
                },
                stop.Token));
            Assert.Equal((0, Entities), told[0]);
            Assert.InRange(told[^1].Done, 1, Entities - 1);
        }

        // Nobody uses it in between.
        var early = StartNode();
        early.Sys.ActorOf(Writer.Props("e-0", early.TestActor));
        Assert.Contains("was not moved", (await early.ExpectMsgAsync<Writer.Failed>(Patience)).Cause.Message);
        await StopNodeAsync(early);

        await using (var connection = await OpenAsync())
        {
            var migration = new JournalMigration(connection, IsSqlite);
            Assert.True(migration.IsNeeded());
            migration.Run((_, _) => { }, CancellationToken.None);
            Assert.False(migration.IsNeeded());
        }

        var node = StartNode();
        foreach (var i in (int[])[0, 1, 199, 200, 201, 399, Entities - 2])
        {
            var history = await RecoverAsync(node, $"e-{i}");
            Assert.Equal([$"{i}p!", $"{i}q!", $"{i}r"], history.Events);
            Assert.Equal(5, history.SequenceNr);
        }

        var ended = await RecoverAsync(node, $"e-{Entities - 1}");
        Assert.Empty(ended.Events);
        Assert.Equal(9, ended.SequenceNr);
        var next = node.Sys.ActorOf(Writer.Props("e-7", node.TestActor));
        await StoreAsync(next, "new");
        Assert.Equal(["7p!", "7q!", "7r", "new"], (await RecoverAsync(StartNode(), "e-7")).Events);
    }

    // Each entity has a snapshot of two pieces and a record; the last one was deleted.
    private void FillOldTable(DbConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, transaction, MakeOldTable);
        for (var i = 0; i < Entities - 1; i++)
        {
            Insert($"e-{i}", 3, $"{i}p", "s", false);
            Insert($"e-{i}", 4, $"{i}q", "s", false);
            Insert($"e-{i}", 5, $"{i}r", "r", false);
        }

        Insert($"e-{Entities - 1}", 9, "gone", "r", true);
        transaction.Commit();

        void Insert(string id, long number, string text, string manifest, bool isDeleted) => Execute(
            connection, transaction,
            """
            INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
            VALUES (0, @deleted, @id, @number, @message, @manifest, 7701, 'w')
            """,
            ("deleted", isDeleted), ("id", id), ("number", number), ("message", Encoding.UTF8.GetBytes(text)),
            ("manifest", manifest));
    }

    private static void Execute(
        DbConnection connection, DbTransaction transaction, string text, params (string Name, object Value)[] values)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (text, transaction);
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        command.ExecuteNonQuery();
    }
}
