using System.Collections.Concurrent;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The writer against a connection that stops, refuses and fails on demand.</summary>
public sealed class GroupCommitWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Task> _inFlight = new();
    private readonly FakeDatabase _database = new();
    private readonly BlockingCollection<Exception> _failures = [];
    private readonly ManualResetEventSlim _recovered = new();
    private readonly GroupCommitWriter _writer;

    public GroupCommitWriterTests()
    {
        var config = GroupCommitJournalConfig.Sqlite("unused").GetConfig(GroupCommitJournalConfig.PluginId)
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultJournalConfiguration);
        var bounds = Akka.Configuration.ConfigurationFactory.ParseString("""
            group-commit { max-rows = 10, queue-rows = 15, max-backoff = 1ms, answer-timeout = 50ms }
            """);
        _writer = new GroupCommitWriter(
            GroupCommitSettings.From(bounds.WithFallback(config)), _database.Open, _inFlight, _failures.Add, () => _recovered.Set());
    }

    public void Dispose()
    {
        _database.Gate.Set();
        _writer.Stop(Patience);
    }

    [Fact]
    public async Task Waiting_writes_share_a_transaction_up_to_the_bound()
    {
        _database.Gate.Reset();
        var first = Add("a", 1);
        Assert.True(_database.Entered.Wait(Patience));
        var others = Enumerable.Range(0, 12).Select(i => Add($"b{i}", 1)).ToArray();
        _database.Gate.Set();
        await Task.WhenAll([first, .. others]).WaitAsync(Patience);

        Assert.Equal([1, 10, 2], _database.Batches);
        Assert.Empty(_inFlight);
    }

    [Fact]
    public async Task A_full_queue_fails_a_write_at_once()
    {
        _database.Gate.Reset();
        var first = Add("a", 1);
        Assert.True(_database.Entered.Wait(Patience));
        var waiting = Enumerable.Range(0, 15).Select(i => Add($"b{i}", 1)).ToArray();
        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => Add("c", 1));
        Assert.Contains("no room", refused.Message);
        _database.Gate.Set();
        await Task.WhenAll([first, .. waiting]).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_failure_fails_the_batch_and_a_new_connection_is_opened()
    {
        await Add("a", 1).WaitAsync(Patience);
        _database.Fail = new IOException("gone");
        var failed = await Assert.ThrowsAsync<JournalUnavailableException>(() => Add("a", 2));
        Assert.Contains("gone", failed.Message);
        Assert.Same(_database.Fail, _writer.LastFailure);
        _database.Fail = null;
        await Add("a", 2).WaitAsync(Patience);

        Assert.Equal(2, _database.Opened);
        Assert.Null(_writer.LastFailure);
    }

    [Fact]
    public async Task An_idle_writer_detects_that_its_database_answers_again()
    {
        _database.Fail = new IOException("gone");
        await Assert.ThrowsAsync<JournalUnavailableException>(() => Add("a", 1));
        _database.Fail = null;

        Assert.True(SpinWait.SpinUntil(() => _writer.LastFailure is null, Patience));
    }

    [Fact]
    public async Task A_commit_that_is_not_answered_is_an_outage_until_the_answer_comes_and_is_not_repeated()
    {
        _database.Gate.Reset();
        var write = Add("a", 1);
        Assert.True(_failures.TryTake(out var failure, Patience));
        Assert.IsType<TimeoutException>(failure);
        Assert.Same(failure, _writer.LastFailure);
        Assert.False(write.IsCompleted);
        _database.Gate.Set();
        await write.WaitAsync(Patience);

        Assert.True(_recovered.Wait(Patience));
        Assert.Null(_writer.LastFailure);
        Assert.Equal([1], _database.Batches);
    }

    [Fact]
    public async Task A_conflict_fails_only_its_own_write()
    {
        _database.Gate.Reset();
        var first = Add("a", 1);
        Assert.True(_database.Entered.Wait(Patience));
        _database.Refused = "stale";
        var good = Add("b", 1);
        var stale = Add("stale", 1);
        var alsoGood = Add("c", 1);
        _database.Gate.Set();
        await Task.WhenAll(first, good, alsoGood).WaitAsync(Patience);
        var conflict = await Assert.ThrowsAsync<JournalConflictException>(() => stale);

        Assert.Equal("stale", conflict.PersistenceId);
        Assert.Equal(1, _database.Opened);
    }

    [Fact]
    public async Task A_write_that_timed_out_in_the_queue_is_not_made()
    {
        using var timeout = new CancellationTokenSource();
        _database.Gate.Reset();
        var first = Add("a", 1);
        Assert.True(_database.Entered.Wait(Patience));
        var late = Add("b", 1, timeout.Token);
        await timeout.CancelAsync();
        _database.Gate.Set();
        await first.WaitAsync(Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);

        Assert.Equal([1], _database.Batches);
    }

    [Fact]
    public async Task Stop_writes_the_waiting_requests_and_refuses_later_ones()
    {
        _database.Gate.Reset();
        var first = Add("a", 1);
        Assert.True(_database.Entered.Wait(Patience));
        var second = Add("b", 1);
        _database.Gate.Set();
        _writer.Stop(Patience);

        await first;
        await second;
        await Assert.ThrowsAsync<JournalUnavailableException>(() => Add("c", 1));
        Assert.Equal(1, _database.Finished);
        Assert.Equal(1, _database.Closed);
    }

    private Task Add(string persistenceId, long sequenceNr, CancellationToken cancellation = default)
    {
        var row = new JournalRow(sequenceNr, 0, new byte[10], 1, "r", "w");
        var request = new WriteRequest(persistenceId, [row], 0, null, cancellation);
        _inFlight[persistenceId] = request.Task;
        _writer.Add(request);
        return request.Task;
    }

    private sealed class FakeDatabase : IWriteConnection
    {
        public ManualResetEventSlim Gate { get; } = new(true);

        public ManualResetEventSlim Entered { get; } = new();

        public List<int> Batches { get; } = [];

        public Exception? Fail { get; set; }

        public string? Refused { get; set; }

        public int Opened { get; private set; }

        public int Closed { get; private set; }

        public int Finished { get; private set; }

        public IWriteConnection Open()
        {
            if (Fail is not null) throw Fail;
            Opened++;
            return this;
        }

        public void Write(List<WriteRequest> batch)
        {
            Entered.Set();
            Gate.Wait();
            if (Fail is not null) throw Fail;
            if (batch.Exists(r => r.PersistenceId == Refused)) throw Conflict();
            Batches.Add(batch.Count);
        }

        public void WriteEach(List<WriteRequest> batch)
        {
            foreach (var request in batch.Where(r => r.PersistenceId == Refused))
                request.Failure = Conflict().FailureOf(request);
        }

        private static RowsRefusedException Conflict() => new(isConflict: true, new IOException("unique"));

        public TimeSpan? Idle() => null;

        public void Finish() => Finished++;

        public void Dispose() => Closed++;
    }
}
