using System.Collections.Concurrent;
using System.Diagnostics;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Write;

/// <summary>
/// The single thread that writes. It takes all waiting writes, stores them in one transaction, and tells their actors
/// once the transaction is durable. Writes that arrive meanwhile wait for the next transaction. An idle writer writes
/// at once.
/// </summary>
/// <remarks>
/// If the connection breaks, the outcome of the transaction is unknown: it may have been committed. So the writes fail,
/// and the writer never repeats them: their actors recover and read what was stored. The writer then opens a new
/// connection, after a pause that doubles with each failure up to a bound.
/// </remarks>
internal sealed class GroupCommitWriter
{
    /// <summary>
    /// The writer confirms batches up to this size on its own thread, which saves a single write a thread switch.
    /// </summary>
    private const int InlineCompletions = 4;

    // So long after the last write there is time for what can wait.
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(50);

    private readonly WorkQueue<WriteRequest> _queue;
    private readonly GroupCommitSettings _settings;
    private readonly Func<IWriteConnection> _open;
    private readonly Action<Exception> _onUnavailable;
    private readonly Action? _onAvailable;
    private readonly ConcurrentDictionary<string, Task> _inFlight;
    private readonly Thread _thread;
    private readonly Timer _watch;
    private readonly Lock _commitGate = new(); // a look at a commit that has just ended would report an outage for ever
    private IWriteConnection? _connection;
    private TimeSpan _backoff = TimeSpan.Zero;
    private volatile Exception? _lastFailure;
    private TimeSpan? _idleIn; // null: there is nothing to do until the next write
    private long _committingSince; // 0: no commit is under way, or it was reported as late

    /// <param name="settings">The bounds.</param>
    /// <param name="open">Opens the writer's connection, or throws.</param>
    /// <param name="inFlight">
    /// The last write of each persistence id. The writer removes an entry before it tells the actor.
    /// </param>
    /// <param name="onUnavailable">Called on the writer's thread at each failure of the database.</param>
    /// <param name="onAvailable">Called on the writer's thread when the database works again.</param>
    public GroupCommitWriter(
        GroupCommitSettings settings,
        Func<IWriteConnection> open,
        ConcurrentDictionary<string, Task> inFlight,
        Action<Exception> onUnavailable,
        Action? onAvailable = null)
    {
        _settings = settings;
        _open = open;
        _inFlight = inFlight;
        _onUnavailable = onUnavailable;
        _onAvailable = onAvailable;
        _queue = new WorkQueue<WriteRequest>(settings.QueueRows, settings.QueueBytes);
        _thread = new Thread(Run) { IsBackground = true, Name = "journal-writer" };
        _thread.Start();
        var lookEvery = settings.AnswerTimeout / 5;
        _watch = new Timer(static writer => ((GroupCommitWriter)writer!).LookAtCommit(), this, lookEvery, lookEvery);
    }

    /// <summary>Why the last transaction failed; null if it was committed.</summary>
    public Exception? LastFailure => _lastFailure;

    /// <summary>Queues the request for the next transaction, or fails it if the queue is full.</summary>
    public void Add(WriteRequest request)
    {
        if (_queue.TryAdd(request)) return;
        request.Failure = new JournalUnavailableException(
            $"The journal has no room for another write: more than {_settings.QueueRows} rows or " +
            $"{_settings.QueueBytes} bytes wait, or it is shutting down. Nothing was stored.");
        Complete([request]);
    }

    /// <summary>
    /// Writes the waiting requests and closes the connection. Returns when that is done or the time is over.
    /// </summary>
    public void Stop(TimeSpan patience)
    {
        _queue.Close();
        _thread.Join(patience);
        _watch.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            if (_backoff > TimeSpan.Zero && !IsBack()) continue;
            // A fresh list each time: the last one may still be on its way to the actors.
            var batch = new List<WriteRequest>();
            if (!_queue.Take(batch, _settings.MaxRows, _settings.MaxBytes, _idleIn)) break;
            if (batch.Count == 0)
            {
                Idle();
                continue;
            }

            _idleIn = IdleAfter;
            batch.RemoveAll(AbandonIfTimedOut);
            if (batch.Count > 0) WriteBatch(batch);
        }

        CloseConnection(isOrderly: true);
    }

    /// <summary>
    /// After a failure: pauses, then lets those that wait find out, or tries the database where none does. So a node
    /// that gets no calls because it is unhealthy becomes healthy again.
    /// </summary>
    private bool IsBack()
    {
        _queue.Pause(_backoff);
        if (!_queue.IsIdle) return true;
        try
        {
            _connection = _open();
            Recover();
            return true;
        }
        catch (Exception e)
        {
            BackOff(e);
            return false;
        }
    }

    private void Idle()
    {
        try
        {
            _idleIn = _connection?.Idle();
        }
        catch (Exception e)
        {
            _idleIn = null;
            Fail([], e);
        }
    }

    private bool AbandonIfTimedOut(WriteRequest request)
    {
        if (!request.IsAbandoned) return false;
        _inFlight.TryRemove(new KeyValuePair<string, Task>(request.PersistenceId, request.Task));
        request.TrySetCanceled();
        return true;
    }

    private void WriteBatch(List<WriteRequest> batch)
    {
        try
        {
            BeginCommit();
            if (_connection is null) Open(batch);
            Commit(_connection!, batch);
            EndCommit();
            Recover();
        }
        catch (Exception e)
        {
            EndCommit();
            Fail(batch, e);
        }

        Complete(batch);
    }

    // A database that accepts a commit and does not answer is away, as one that refuses it. The commit goes on: only
    // its outcome decides.
    private void LookAtCommit()
    {
        lock (_commitGate)
        {
            if (_committingSince == 0 || Stopwatch.GetElapsedTime(_committingSince) < _settings.AnswerTimeout) return;
            _committingSince = 0;
            var late = new TimeoutException(
                $"a commit has waited {_settings.AnswerTimeout.TotalSeconds} s for the answer of the database");
            _lastFailure = late;
            _onUnavailable(late);
        }
    }

    private void BeginCommit()
    {
        lock (_commitGate) _committingSince = Stopwatch.GetTimestamp();
    }

    private void EndCommit()
    {
        lock (_commitGate) _committingSince = 0;
    }

    private void Open(List<WriteRequest> batch)
    {
        try
        {
            _connection = _open();
        }
        catch
        {
            // The waiting writes cannot be stored either. Fail them now, so that their actors need not wait for their
            // turn.
            _queue.TakeAll(batch);
            throw;
        }
    }

    private static void Commit(IWriteConnection connection, List<WriteRequest> batch)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            connection.Write(batch);
        }
        catch (RowsRefusedException refused) when (batch.Count == 1)
        {
            batch[0].Failure = refused.FailureOf(batch[0]);
        }
        catch (RowsRefusedException)
        {
            connection.WriteEach(batch);
        }

        Count(batch, Stopwatch.GetElapsedTime(started));
    }

    private static void Count(List<WriteRequest> batch, TimeSpan took)
    {
        long rows = 0;
        long bytes = 0;
        foreach (var request in batch)
        {
            if (request.Failure is JournalConflictException) JournalMetrics.Conflicts.Add(1);
            if (request.Failure is not null) continue;
            rows += request.Rows;
            bytes += request.Bytes;
        }

        if (rows == 0) return;
        JournalMetrics.Commits.Add(1);
        JournalMetrics.Rows.Add(rows);
        JournalMetrics.Bytes.Add(bytes);
        JournalMetrics.CommitRows.Record((int)rows);
        JournalMetrics.CommitDuration.Record(took.TotalSeconds);
    }

    private void Fail(List<WriteRequest> batch, Exception cause)
    {
        BackOff(cause);
        CloseConnection(isOrderly: false);
        var failure = new JournalUnavailableException(
            $"The journal could not confirm the write, and it is not known to be stored: {cause.Message}", cause);
        foreach (var request in batch) request.Failure ??= failure;
        JournalMetrics.FailedWrites.Add(batch.Count);
        _onUnavailable(cause);
    }

    private void Complete(List<WriteRequest> batch)
    {
        // Before the actors are told: an actor that recovers then must not find its own write still under way.
        foreach (var request in batch)
            _inFlight.TryRemove(new KeyValuePair<string, Task>(request.PersistenceId, request.Task));
        // Telling an actor runs code of the plugin. For a large batch the thread pool does it in one piece, while this
        // thread goes on with the next transaction.
        if (batch.Count <= InlineCompletions) CompleteEach(batch);
        else ThreadPool.UnsafeQueueUserWorkItem(CompleteEach, batch, preferLocal: false);
    }

    private static void CompleteEach(List<WriteRequest> batch)
    {
        foreach (var request in batch) request.Complete();
    }

    private void Recover()
    {
        _backoff = TimeSpan.Zero;
        if (_lastFailure is null) return;
        _lastFailure = null;
        _onAvailable?.Invoke();
    }

    private void BackOff(Exception cause)
    {
        var next = _backoff == TimeSpan.Zero ? FirstBackoff : _backoff * 2;
        _backoff = next < _settings.MaxBackoff ? next : _settings.MaxBackoff;
        _lastFailure = cause;
    }

    private void CloseConnection(bool isOrderly)
    {
        try
        {
            if (isOrderly) _connection?.Finish();
            _connection?.Dispose();
        }
        catch (Exception e)
        {
            _onUnavailable(e);
        }

        _connection = null;
    }
}
