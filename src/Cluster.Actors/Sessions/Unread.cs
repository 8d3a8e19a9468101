using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// Counts the bytes of results that wait for the client of one session. All sessions share the bytes of the node: the
/// bound of each is half of what the node has left. A session whose next result does not fit into that waits for its
/// turn at <see cref="UnreadOfNode"/>.
/// </summary>
/// <param name="node">What the sessions of the node share.</param>
/// <param name="hasTurn">Tells the session that the node has room for the result that it wants.</param>
internal sealed class Unread(UnreadOfNode node, Action? hasTurn = null)
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _givenUp = new();
    private long _bytes;
    private long _expected;
    private bool _isClosed;

    /// <summary>The bytes that wait.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The bytes that may wait or be expected.</summary>
    public long Bound => Math.Clamp(node.Share, Interlocked.Read(ref GrantedBytes), Bounds.UnreadBytes);

    /// <summary>Whether the session waits until the client has read something.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Cancelled when the client has read nothing for a time, and others need the room.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    /// <summary>When the client last read something, or had nothing left to read; of the clock of the node.</summary>
    internal long ReadAt { get; private set; }

    /// <summary>Bytes of the node for the result that the session wants. Written under the lock of the node.</summary>
    internal long GrantedBytes;

    /// <summary>A frame with so many bytes of results waits, or has been read (negative).</summary>
    public void Add(long bytes)
    {
        lock (_gate)
        {
            if (_isClosed || bytes == 0) return;
            if (bytes < 0 || _bytes == 0) ReadAt = node.Timestamp;
            if (_bytes == 0) node.Enlist(this);
            _bytes += bytes;
            node.Add(bytes);
        }
    }

    /// <summary>
    /// So many bytes are expected. They count before they wait, or many sessions could each take all that is left.
    /// </summary>
    public void Expect(long bytes)
    {
        if (bytes == _expected) return;
        lock (_gate)
        {
            if (_isClosed) return;
            node.Add(bytes - _expected);
            _expected = bytes;
        }
    }

    /// <summary>The session wants room for one result, while it has no other; 0: it wants none.</summary>
    /// <returns>True: the bound has been raised. Else the session is told when it is.</returns>
    public bool Want(long bytes)
    {
        if (bytes == 0 && !node.Knows(this)) return false;
        lock (_gate) return !_isClosed && node.Want(this, bytes);
    }

    /// <summary>The stream is over.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            node.Remove(this);
            node.Add(-_bytes - _expected);
            (_bytes, _expected) = (0, 0);
        }
    }

    internal void HaveTurn() => hasTurn?.Invoke();

    // The callbacks run in the thread pool: the caller holds a lock.
    internal void GiveUp() => _ = _givenUp.CancelAsync();
}
