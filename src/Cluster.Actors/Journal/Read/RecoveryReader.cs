using System.Diagnostics;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Read;

/// <summary>
/// The threads that read histories. Each takes all waiting recoveries and reads them in one query. The highest sequence
/// number comes from the same rows, so a recovery takes one query where the package makes two.
/// </summary>
/// <remarks>
/// After a failure an idle thread tries to connect once a second, so that an idle node also notices that its journal is
/// back.
/// </remarks>
internal sealed class RecoveryReader
{
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(1);

    private readonly WorkQueue<RecoveryRequest> _queue = new(long.MaxValue, long.MaxValue);
    private readonly GroupCommitSettings _settings;
    private readonly Func<IReadConnection> _open;
    private readonly Action<Exception, long> _onUnavailable;
    private readonly Action? _onAvailable;
    private readonly Thread[] _threads;

    /// <param name="settings">The number of threads, and of recoveries in one query.</param>
    /// <param name="open">Opens a thread's connection, or throws.</param>
    /// <param name="onUnavailable">
    /// Called on a reader thread at each failure of the database, with the time when the attempt began.
    /// </param>
    /// <param name="onAvailable">Called on a reader thread at each answer of the database.</param>
    public RecoveryReader(
        GroupCommitSettings settings,
        Func<IReadConnection> open,
        Action<Exception, long> onUnavailable,
        Action? onAvailable = null)
    {
        _settings = settings;
        _open = open;
        _onUnavailable = onUnavailable;
        _onAvailable = onAvailable;
        _threads = Enumerable.Range(0, settings.Readers)
            .Select(i => new Thread(Run) { IsBackground = true, Name = $"journal-reader-{i}" })
            .ToArray();
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Queues the request for the next query.</summary>
    public void Add(RecoveryRequest request)
    {
        if (!_queue.TryAdd(request)) request.Fail(new JournalUnavailableException("The journal is shutting down."));
    }

    /// <summary>
    /// Serves the waiting requests and closes the connections. Returns when that is done or the time is over.
    /// </summary>
    public void Stop(TimeSpan patience)
    {
        _queue.Close();
        foreach (var thread in _threads) thread.Join(patience);
    }

    private void Run()
    {
        IReadConnection? connection = null;
        var batch = new List<RecoveryRequest>();
        var works = true;
        while (_queue.Take(batch, _settings.MaxRecoveries, long.MaxValue, works ? null : ProbeEvery))
        {
            if (batch.Count == 0)
            {
                works = TryOpen(ref connection);
                continue;
            }

            // An idle connection may have died unnoticed. So a second attempt follows on a new connection.
            var wasOpen = connection is not null;
            works = TryRead(ref connection, batch, isLastAttempt: !wasOpen)
                || (wasOpen && TryRead(ref connection, batch, isLastAttempt: true));
            batch.Clear();
        }

        connection?.Dispose();
    }

    /// <summary>Opens a connection. It prepares its query, so success is an answer of the database.</summary>
    private bool TryOpen(ref IReadConnection? connection)
    {
        try
        {
            connection ??= _open();
            _onAvailable?.Invoke();
            return true;
        }
        catch (Exception)
        {
            // The outage goes on.
            return false;
        }
    }

    private bool TryRead(ref IReadConnection? connection, List<RecoveryRequest> batch, bool isLastAttempt)
    {
        var startedAt = Stopwatch.GetTimestamp();
        try
        {
            connection ??= _open();
            connection.Read(batch);
            JournalMetrics.RecoveryQueries.Add(1);
            JournalMetrics.Recoveries.Add(batch.Count);
            _onAvailable?.Invoke();
            return true;
        }
        catch (Exception e)
        {
            Discard(ref connection);
            var failure = new JournalUnavailableException($"The journal could not be read: {e.Message}", e);
            foreach (var request in batch)
                if (isLastAttempt || request.IsTouched) request.Fail(failure);
            batch.RemoveAll(request => request.IsDone);
            if (isLastAttempt) _onUnavailable(e, startedAt);
            return false;
        }
    }

    private static void Discard(ref IReadConnection? connection)
    {
        try
        {
            connection?.Dispose();
        }
        catch (Exception)
        {
            // The connection was already broken, and its failure is reported.
        }

        connection = null;
    }
}
