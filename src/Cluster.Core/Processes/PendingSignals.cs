using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>
/// The signals that are pending for a process: struct sigpending of the kernel. A signal may be pending without a place in
/// the queue, if RLIMIT_SIGPENDING was reached. It has no sender then.
/// </summary>
internal sealed class PendingSignals
{
    private readonly List<SignalInfo> _queue = []; // in the order in which they came

    /// <summary>Those that are pending.</summary>
    public ulong Set { get; private set; }

    /// <summary>How many have a place in the queue.</summary>
    public int Queued => _queue.Count;

    /// <summary>Adds a signal.</summary>
    /// <param name="info">The signal and its sender.</param>
    /// <param name="isBare">It has no place in the queue.</param>
    public void Add(SignalInfo info, bool isBare)
    {
        Set |= SignalSet.Of(info.Signal);
        if (!isBare) _queue.Add(info);
    }

    /// <summary>Returns the next one of a number without removing it, as <see cref="Take"/> does.</summary>
    public SignalInfo Peek(int signal) =>
        _queue.Find(each => each.Signal == signal) ?? new SignalInfo { Signal = signal };

    /// <summary>Removes the oldest one of a number: collect_signal() of the kernel.</summary>
    public SignalInfo Take(int signal)
    {
        var first = _queue.FindIndex(each => each.Signal == signal);
        var info = first < 0 ? new SignalInfo { Signal = signal } : _queue[first];
        if (first >= 0) _queue.RemoveAt(first);
        if (!_queue.Exists(each => each.Signal == signal)) Set &= ~SignalSet.Of(signal);
        return info;
    }

    /// <summary>Removes all signals of a set.</summary>
    public void Flush(ulong set)
    {
        _queue.RemoveAll(each => SignalSet.Has(set, each.Signal));
        Set &= ~set;
    }

    public void Save(SignalsState state)
    {
        state.Pending = Set;
        state.Queue.AddRange(_queue);
    }

    public void Load(SignalsState state)
    {
        _queue.Clear();
        _queue.AddRange(state.Queue);
        Set = state.Pending;
    }
}
