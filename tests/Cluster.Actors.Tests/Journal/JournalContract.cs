using Akka.Actor;
using Akka.Persistence.Journal;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Outage;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The rules for both databases.</summary>
public abstract class JournalContract : JournalSpec
{
    /// <summary>Runs a statement on the database.</summary>
    protected abstract Task ExecuteAsync(string text);

    /// <summary>The only value of a query.</summary>
    protected abstract Task<long> ScalarAsync(string text);

    /// <summary>Locks the log against writes until it is disposed.</summary>
    protected abstract Task<IAsyncDisposable> LockTableAsync();

    [SkippableFact]
    public async Task Many_actors_store_at_once_each_in_its_own_order()
    {
        var node = StartNode();
        var writers = StartWriters(node, "a", 50);
        var stored = writers.SelectMany(w => Enumerable.Range(1, 20).Select(n => StoreAsync(w, $"{n}"))).ToArray();
        await Task.WhenAll(stored);
        await StopNodeAsync(node);

        var next = StartNode();
        foreach (var i in Enumerable.Range(0, writers.Length))
        {
            var history = await RecoverAsync(next, $"a-{i}");
            Assert.Equal(Enumerable.Range(1, 20).Select(n => $"{n}"), history.Events);
            Assert.Equal(20, history.SequenceNr);
        }
    }

    [SkippableFact]
    public async Task A_stale_writer_fails_alone_in_its_transaction()
    {
        var node = StartNode();
        var twin = StartNode();
        var stale = node.Sys.ActorOf(Writer.Props("shared", node.TestActor));
        await StoreAsync(stale, "one");
        await StoreAsync(twin.Sys.ActorOf(Writer.Props("shared", twin.TestActor)), "two");
        var others = StartWriters(node, "b", 20);
        await Task.WhenAll(others.Select(w => HistoryAsync(w)));

        // All writes wait for the locked table, so they share transactions.
        var table = await LockTableAsync();
        var stored = others.Select(w => StoreAsync(w, "x")).ToArray();
        stale.Tell("never", node.TestActor);
        await table.DisposeAsync();

        await Task.WhenAll(stored);
        var failed = await node.ExpectMsgAsync<Writer.Failed>(Patience);
        var conflict = Assert.IsType<JournalConflictException>(failed.Cause);
        Assert.Equal("shared", conflict.PersistenceId);
        Assert.Equal(2, conflict.FirstSequenceNr);
        Assert.Equal(["one", "two"], (await RecoverAsync(node, "shared")).Events);
        Assert.Equal(["x"], (await RecoverAsync(twin, "b-7")).Events);
    }

    [SkippableFact]
    public async Task A_snapshot_of_several_pieces_replaces_all_events_before_it()
    {
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("s", node.TestActor));
        var other = node.Sys.ActorOf(Writer.Props("t", node.TestActor));
        foreach (var text in (string[])["1", "2", "3"])
        {
            await StoreAsync(writer, text);
            await StoreAsync(other, text);
        }

        writer.Tell(new[] { "p", "q", "r" }, node.TestActor);
        for (var i = 0; i < 3; i++)
            await node.ExpectMsgAsync<Writer.Stored>(Patience);
        await StoreAsync(writer, "7");

        Assert.Equal(["1", "2", "3"], (await RecoverAsync(StartNode(), "t")).Events);
        var history = await RecoverAsync(StartNode(), "s");
        Assert.Equal(["p!", "q!", "r!", "7"], history.Events);
        Assert.Equal(7, history.SequenceNr);
    }

    [SkippableFact]
    public async Task A_refused_snapshot_deletes_nothing()
    {
        var node = StartNode();
        var twin = StartNode();
        var stale = node.Sys.ActorOf(Writer.Props("s", node.TestActor));
        await StoreAsync(stale, "1");
        var current = twin.Sys.ActorOf(Writer.Props("s", twin.TestActor));
        await StoreAsync(current, "2");
        await StoreAsync(current, "3");

        // The first piece has the sequence number 2, which exists. The last piece is new.
        stale.Tell(new[] { "p", "q", "r" }, node.TestActor);
        await node.ExpectMsgAsync<Writer.Failed>(Patience);

        Assert.Equal(["1", "2", "3"], (await RecoverAsync(twin, "s")).Events);
    }

    [SkippableFact]
    public async Task Foreign_events_are_stored_through_their_serializer()
    {
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("foreign", node.TestActor));
        await StoreAsync(writer, new Writer.Store(new Uri("urn:one")));
        await StoreAsync(writer, "mine");
        await StoreAsync(writer, new Writer.Store(new Tagged("tagged", ["t"])));

        Assert.Equal(["urn:one", "mine", "tagged"], (await RecoverAsync(node, "foreign")).Events);
    }

    [SkippableFact]
    public async Task The_numbers_of_deleted_events_are_not_used_again()
    {
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("d", node.TestActor));
        for (var i = 1; i <= 4; i++)
            await StoreAsync(writer, $"{i}");
        writer.Tell(new Writer.DeleteTo(4));
        await node.ExpectMsgAsync<Akka.Persistence.DeleteMessagesSuccess>(Patience);

        var history = await RecoverAsync(StartNode(), "d");
        Assert.Empty(history.Events);
        Assert.Equal(5, history.SequenceNr); // the deletion has taken a number
    }

    [SkippableFact]
    public async Task A_recovery_waits_for_the_write_of_its_predecessor()
    {
        var node = StartNode();
        var writer = node.Sys.ActorOf(Writer.Props("w", node.TestActor));
        await StoreAsync(writer, "1");
        var table = await LockTableAsync();
        writer.Tell("2", node.TestActor);
        // Once the actor has handled the next message, the write is on its way to the journal.
        await node.WatchAsync(writer);
        writer.Tell(Kill.Instance);
        await node.ExpectTerminatedAsync(writer, Patience);
        var successor = RecoverAsync(node, "w");
        await table.DisposeAsync();

        Assert.Equal(["1", "2"], (await successor).Events);
    }

    [SkippableFact]
    public async Task The_log_is_compacted_and_read_again()
    {
        var node = StartNode("akka.persistence.journal.group-commit.group-commit.log-bytes = 4096");
        var writers = StartWriters(node, "c", 20);
        for (var round = 1; round <= 20; round++)
            await Task.WhenAll(writers.Select(writer => StoreAsync(writer, $"{round}")));
        // An idle writer compacts what is left, and leaves its last row.
        while (await ScalarAsync("SELECT count(*) FROM journal_log") > 1) await Task.Delay(LookEvery);
        await Task.WhenAll(writers.Select(writer => StoreAsync(writer, "21")));

        var next = StartNode();
        foreach (var i in Enumerable.Range(0, writers.Length))
            Assert.Equal(Enumerable.Range(1, 21).Select(n => $"{n}"), (await RecoverAsync(next, $"c-{i}")).Events);
    }

    [SkippableFact]
    public async Task A_database_without_the_last_commit_is_refused()
    {
        var node = StartNode();
        var probe = ProbeOf<JournalLost>(node);
        var writer = node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        await StoreAsync(writer, "1");
        await StoreAsync(writer, "2");
        await ExecuteAsync("DELETE FROM journal_log WHERE n = (SELECT max(n) FROM journal_log)");
        writer.Tell("3", node.TestActor);

        var failed = await node.ExpectMsgAsync<Writer.Failed>(Patience);
        Assert.IsType<JournalUnavailableException>(failed.Cause);
        Assert.Contains("was set back", (await probe.ExpectMsgAsync<JournalLost>(Patience)).Reason);
        // Nor is it read.
        node.Sys.ActorOf(Writer.Props("a", node.TestActor));
        Assert.Contains("was set back", (await node.ExpectMsgAsync<Writer.Failed>(Patience)).Cause.Message);
    }

    [SkippableFact]
    public async Task A_changed_row_of_the_log_is_refused()
    {
        var node = StartNode();
        await StoreAsync(node.Sys.ActorOf(Writer.Props("a", node.TestActor)), "1");
        await ExecuteAsync("UPDATE journal_log SET body = substr(body, 1, length(body) - 1)");

        var next = StartNode();
        next.Sys.ActorOf(Writer.Props("a", next.TestActor));
        Assert.Contains("checksum", (await next.ExpectMsgAsync<Writer.Failed>(Patience)).Cause.Message);
    }

    [SkippableFact]
    public async Task A_changed_segment_stops_its_actor_alone()
    {
        var node = StartNode("akka.persistence.journal.group-commit.group-commit.log-bytes = 100");
        var text = new string('x', 100_000); // a snapshot that goes to a segment at once
        foreach (var id in (string[])["a", "b"])
            await StoreAsync(node.Sys.ActorOf(Writer.Props(id, node.TestActor)), new[] { text });
        await ExecuteAsync("UPDATE journal_segment SET last = last + 1 WHERE id = 'a'");

        var next = StartNode();
        var probe = ProbeOf<JournalDamage>(next);
        next.Sys.ActorOf(Writer.Props("a", next.TestActor));
        Assert.IsType<JournalDamagedException>((await next.ExpectMsgAsync<Writer.Failed>(Patience)).Cause);
        Assert.Contains("segment 1 to 2 of a", (await probe.ExpectMsgAsync<JournalDamage>(Patience)).Reason);
        Assert.Equal([text + "!"], (await RecoverAsync(next, "b")).Events);
    }
}
