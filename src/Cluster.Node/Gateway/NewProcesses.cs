using System.Net;
using Cluster.Actors;
using Cluster.Node.Observing;

namespace Cluster.Node.Gateway;

/// <summary>
/// Bounds how many processes begin on a node in a second: each is an entity with a journal, and outlives its connection.
/// Bounds also how many are about to begin: a node that is slow lets fewer in, so what other clients ask of shards and
/// journal does not wait behind more than these. Further ones wait. The addresses that wait have their turns one after another,
/// and those of one address are served in the order in which they came.
/// </summary>
internal sealed class NewProcesses(NodeStats stats, TimeProvider time)
{
    /// <summary>Processes that may begin at once.</summary>
    internal const int Burst = 1_000;

    /// <summary>Processes that may begin in a second, after that.</summary>
    internal const int PerSecond = 200;

    /// <summary>Processes that have been let in and have no answer yet.</summary>
    internal const int MostBeginning = 64;

    /// <summary>Processes of one address that may wait.</summary>
    internal const int MostOfAddress = 1_024;

    /// <summary>Processes that may wait.</summary>
    internal const int Most = 2 * MostOfAddress;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly Allowance _allowed = new(Burst, PerSecond, time);
    private readonly Dictionary<IPAddress, LinkedList<TaskCompletionSource>> _waiting = [];
    private readonly Queue<IPAddress> _turns = [];
    private ITimer? _timer;
    private int _count;
    private int _beginning;

    /// <summary>Lets a process begin. Whoever was let in calls <see cref="HasBegun"/> once.</summary>
    /// <returns>Null: at once. Otherwise a task that completes when it may.</returns>
    /// <exception cref="TooManyException">Too many wait.</exception>
    public Task? Enter(IPAddress address, CancellationToken cancelled)
    {
        lock (_gate)
        {
            if (_count == 0 && TryLetIn()) return null;
            stats.AddBound(Bound.NewProcesses);
            var isKnown = _waiting.TryGetValue(address, out var own);
            if (_count >= Most || own?.Count >= MostOfAddress) throw new TooManyException();
            if (!isKnown)
            {
                _waiting[address] = own = [];
                _turns.Enqueue(address);
            }

            _count++;
            var turn = own!.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _timer ??= time.CreateTimer(static all => ((NewProcesses)all!).Serve(), this, Tick, Tick);
            return WaitAsync(turn, cancelled);
        }
    }

    /// <summary>A process that was let in has its answer, or its client is gone.</summary>
    public void HasBegun()
    {
        lock (_gate)
        {
            _beginning--;
            Serve();
        }
    }

    private bool TryLetIn()
    {
        if (_beginning >= MostBeginning || !_allowed.TryTake(1)) return false;
        _beginning++;
        return true;
    }

    private async Task WaitAsync(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancelled)
    {
        await using var giveUp = cancelled.Register(() =>
        {
            lock (_gate)
            {
                // One without a list has had its turn.
                if (turn.List is not { } list) return;
                list.Remove(turn);
                _count--;
            }

            turn.Value.TrySetCanceled(cancelled);
        });
        await turn.Value.Task;
    }

    private void Serve()
    {
        lock (_gate)
        {
            while (_turns.TryPeek(out var address))
            {
                var own = _waiting[address];
                if (own.First is { } first)
                {
                    if (!TryLetIn()) return;
                    own.RemoveFirst();
                    _count--;
                    first.Value.TrySetResult();
                }

                _turns.Dequeue();
                if (own.Count > 0) _turns.Enqueue(address);
                else _waiting.Remove(address);
            }

            _timer?.Dispose();
            _timer = null;
        }
    }

    /// <summary>As many processes wait for their beginning as may.</summary>
    public sealed class TooManyException() : Exception(
        $"{MostOfAddress} processes of your address, or {Most} in all, wait for their beginning on this node: come again, "
        + "or use another node");
}
