namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// What waits for one dedicated thread (or a few), in order of arrival, bounded in rows and in bytes. A thread takes
/// all that waits at once, so that the longer a transaction takes, the more the next one carries.
/// </summary>
/// <remarks>
/// A monitor and a queue rather than a channel: the taker is a thread that blocks, and it takes many at a time.
/// </remarks>
internal sealed class WorkQueue<T>
    where T : class, IJournalWork
{
    private readonly Queue<T> _waiting = new();
    private readonly object _gate = new();
    private readonly long _capacityRows;
    private readonly long _capacityBytes;
    private long _rows;
    private long _bytes;
    private bool _closed;

    public WorkQueue(long capacityRows, long capacityBytes)
    {
        _capacityRows = capacityRows;
        _capacityBytes = capacityBytes;
    }

    /// <summary>False if the queue is full or closed. An empty queue takes one item of any size.</summary>
    public bool TryAdd(T item)
    {
        lock (_gate)
        {
            var fits = _rows + item.Rows <= _capacityRows && _bytes + item.Bytes <= _capacityBytes;
            if (_closed || (!fits && _waiting.Count > 0)) return false;
            _waiting.Enqueue(item);
            _rows += item.Rows;
            _bytes += item.Bytes;
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>
    /// Waits until something is there and moves what fits the bounds, at least one item, into <paramref name="batch"/>.
    /// False once the queue is closed and empty.
    /// </summary>
    /// <param name="batch">Where to.</param>
    /// <param name="maxRows">The bound in rows.</param>
    /// <param name="maxBytes">The bound in bytes.</param>
    /// <param name="within">
    /// If nothing comes in this time, nothing is moved; null: wait for as long as it takes.
    /// </param>
    public bool Take(List<T> batch, int maxRows, long maxBytes, TimeSpan? within = null)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed) return false;
                if (!Monitor.Wait(_gate, within ?? Timeout.InfiniteTimeSpan)) return true;
            }

            MoveInto(batch, maxRows, maxBytes);
            return true;
        }
    }

    /// <summary>Moves all that waits into <paramref name="batch"/>, without waiting.</summary>
    public void TakeAll(List<T> batch)
    {
        lock (_gate) MoveInto(batch, int.MaxValue, long.MaxValue);
    }

    /// <summary>Nothing waits, and something may still come.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _waiting.Count == 0 && !_closed;
        }
    }

    /// <summary>Waits for the time to pass or the queue to be closed, whichever is first.</summary>
    public void Pause(TimeSpan time)
    {
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        lock (_gate)
        {
            while (!_closed && until - Environment.TickCount64 is var left and > 0)
                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left));
        }
    }

    /// <summary>Refuses what comes from now on; what waits is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void MoveInto(List<T> batch, int maxRows, long maxBytes)
    {
        long rows = 0;
        long bytes = 0;
        while (_waiting.TryPeek(out var item))
        {
            rows += item.Rows;
            bytes += item.Bytes;
            if (batch.Count > 0 && (rows > maxRows || bytes > maxBytes)) return;
            batch.Add(_waiting.Dequeue());
            _rows -= item.Rows;
            _bytes -= item.Bytes;
        }
    }
}
