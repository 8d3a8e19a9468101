using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// The room for frames that wait for a session, by their number and by their bytes. A single frame always finds room if
/// no other one waits. One writer enters, and the session releases in the same order.
/// </summary>
internal sealed class FrameRoom(int frames, long bytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<long> _waiting = [];
    private long _bytes;
    private long _wanted;
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
            _bytes -= _waiting.Dequeue();
            if (_entering is not { } entering || !TryEnter(_wanted)) return;
            _entering = null;
            entering.SetResult();
        }
    }

    private bool TryEnter(long frameBytes)
    {
        if (_waiting.Count > 0 && (_waiting.Count >= frames || _bytes + frameBytes > bytes)) return false;
        _waiting.Enqueue(frameBytes);
        _bytes += frameBytes;
        return true;
    }
}
