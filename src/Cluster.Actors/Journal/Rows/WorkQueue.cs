namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The queue before one or a few dedicated threads: in order of arrival, bounded in rows and in bytes. A thread takes
/// all waiting items at once, so a slow transaction makes the next one larger.
/// </summary>
/// <remarks>
/// A monitor and a queue instead of a channel: the consumer is a blocking thread that takes many items at a time.
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

    /// <summary>
    /// Adds an item; false if the queue is full or closed. An empty queue accepts one item of any size.
    /// </summary>
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
    /// Waits for an item and moves the items that fit the bounds, at least one, into <paramref name="batch"/>. Returns
    /// false once the queue is closed and empty.
    /// </summary>
    /// <param name="batch">The list to fill.</param>
    /// <param name="maxRows">The bound in rows.</param>
    /// <param name="maxBytes">The bound in bytes.</param>
    /// <param name="within">
    /// The longest wait, after which nothing is moved; null: no limit.
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

    /// <summary>Moves all waiting items into <paramref name="batch"/>, without waiting.</summary>
    public void TakeAll(List<T> batch)
    {
        lock (_gate) MoveInto(batch, int.MaxValue, long.MaxValue);
    }

    /// <summary>Whether no item waits and the queue is open.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _waiting.Count == 0 && !_closed;
        }
    }

    /// <summary>Waits until the time has passed or the queue is closed.</summary>
    public void Pause(TimeSpan time)
    {
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        lock (_gate)
        {
            while (!_closed && until - Environment.TickCount64 is var left and > 0)
                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left));
        }
    }

    /// <summary>Refuses new items. Threads still take the waiting ones.</summary>
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
