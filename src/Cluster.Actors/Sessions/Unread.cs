using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// Counts the bytes of results that wait for the client of one session, and shares the bytes of the node among all
/// sessions: the bound of each is half of what the node has left, so many clients that do not read leave room for one
/// that reads.
/// </summary>
internal sealed class Unread(UnreadOfNode node)
{
    private readonly Lock _gate = new();
    private long _bytes;
    private long _expected;
    private bool _isClosed;

    /// <summary>The bytes that wait.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The bytes that may wait or be expected.</summary>
    public long Bound => Math.Clamp(node.Left / 2, Bounds.UnreadBytesAtLeast, Bounds.UnreadBytes);

    /// <summary>Whether the session waits until the client has read something.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>A frame with so many bytes of results waits, or has been read (negative).</summary>
    public void Add(long bytes)
    {
        lock (_gate)
        {
            if (_isClosed || bytes == 0) return;
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

    /// <summary>The stream is over.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            node.Add(-_bytes - _expected);
            (_bytes, _expected) = (0, 0);
        }
    }
}

/// <summary>The bytes of results that wait for all clients of a node, or are expected.</summary>
public sealed class UnreadOfNode
{
    private long _bytes;

    /// <summary>The bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The bytes that there may be beside these.</summary>
    internal long Left => Bounds.UnreadBytesOfNode - Bytes;

    internal void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
