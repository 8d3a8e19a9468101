using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// The room for frames that wait for a session, by their number and by their bytes. A single frame always finds room if
/// no other one waits. One writer enters, and the session releases in the same order. All sessions share the bytes of
/// the node: the bound of each is half of what the node has left.
/// </summary>
internal sealed class FrameRoom(int frames, long bytes, FrameRoomOfNode node)
{
    private readonly Lock _gate = new();
    private readonly Queue<long> _waiting = [];
    private long _bytes;
    private long _wanted;
    private bool _isClosed;
    private TaskCompletionSource? _entering;

    /// <summary>Completes once the frame may be handed to the session.</summary>
    public ValueTask EnterAsync(long frameBytes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (TryEnter(frameBytes)) return ValueTask.CompletedTask;
            _wanted = frameBytes;
            _entering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_entering.Task.WaitAsync(cancellationToken));
        }
    }

    /// <summary>The session has passed on the frame that has waited longest.</summary>
    public void Release()
    {
        lock (_gate)
        {
            var released = _waiting.Dequeue();
            _bytes -= released;
            if (!_isClosed) node.Add(-released);
            if (_entering is not { } entering || !TryEnter(_wanted)) return;
            _entering = null;
            entering.SetResult();
        }
    }

    /// <summary>The stream is over.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            node.Add(-_bytes);
        }
    }

    private bool TryEnter(long frameBytes)
    {
        var most = Math.Min(bytes, node.Left / 2);
        if (_waiting.Count > 0 && (_waiting.Count >= frames || _bytes + frameBytes > most)) return false;
        _waiting.Enqueue(frameBytes);
        _bytes += frameBytes;
        if (!_isClosed) node.Add(frameBytes);
        return true;
    }
}

/// <summary>The bytes of frames that wait for the sessions of a node, as they are in memory.</summary>
public sealed class FrameRoomOfNode
{
    private long _bytes;

    /// <summary>The bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The bytes that there may be beside these.</summary>
    internal long Left => Bounds.WaitingFrameBytesOfNode - Bytes;

    internal void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
