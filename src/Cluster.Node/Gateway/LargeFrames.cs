using Cluster.Actors;
using Cluster.Protocol;

namespace Cluster.Node.Gateway;

/// <summary>
/// The bytes of large frames that clients are sending to this node. A frame gets its bytes before the node reads more of
/// it than <see cref="Bounds.HelloBytes"/>, in the order of asking. Frames of usual size have bytes of their own, so they
/// do not wait behind the largest.
/// </summary>
internal sealed class LargeFrames(NodeStats stats)
{
    private readonly Pool _usual = new(Bounds.LargeFrameBytesOfNode / 3);
    private readonly Pool _largest = new(Bounds.LargeFrameBytesOfNode * 2 / 3);

    /// <summary>Completes once the frame may be read.</summary>
    public ValueTask TakeAsync(long bytes, CancellationToken cancelled)
    {
        var taken = PoolOf(bytes).TakeAsync(bytes, cancelled);
        if (!taken.IsCompleted) stats.AddBound(Bound.LargeFrames);
        return taken;
    }

    /// <summary>The frame has been read, or its connection is gone.</summary>
    public void Return(long bytes) => PoolOf(bytes).Return(bytes);

    private Pool PoolOf(long bytes) => bytes <= 2 * Bounds.FrameTargetBytes ? _usual : _largest;

    private sealed class Pool(long bound)
    {
        private readonly Lock _gate = new();
        private readonly LinkedList<(long Bytes, TaskCompletionSource Taken)> _waiting = [];
        private long _bytes;

        public ValueTask TakeAsync(long bytes, CancellationToken cancelled)
        {
            lock (_gate)
            {
                if (_waiting.Count == 0 && _bytes + bytes <= bound)
                {
                    _bytes += bytes;
                    return ValueTask.CompletedTask;
                }

                var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return new ValueTask(WaitAsync(_waiting.AddLast((bytes, taken)), cancelled));
            }
        }

        public void Return(long bytes)
        {
            lock (_gate)
            {
                _bytes -= bytes;
                Serve();
            }
        }

        private async Task WaitAsync(LinkedListNode<(long Bytes, TaskCompletionSource Taken)> node, CancellationToken cancelled)
        {
            await using var giveUp = cancelled.Register(() =>
            {
                lock (_gate)
                {
                    // A node without a list has its bytes already.
                    if (node.List is null) return;
                    _waiting.Remove(node);
                    Serve();
                }

                node.Value.Taken.TrySetCanceled(cancelled);
            });
            await node.Value.Taken.Task;
        }

        private void Serve()
        {
            while (_waiting.First is { } first && _bytes + first.Value.Bytes <= bound)
            {
                _bytes += first.Value.Bytes;
                _waiting.RemoveFirst();
                first.Value.Taken.TrySetResult();
            }
        }
    }
}
