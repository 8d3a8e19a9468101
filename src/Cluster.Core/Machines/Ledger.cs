using System.Diagnostics.CodeAnalysis;
using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// The results of completed calls. A call that arrives again is answered from here and does not run again (RIFL, Lee et
/// al., SOSP 2015). Part of the journalled state.
/// </summary>
public sealed class Ledger
{
    /// <summary>
    /// How long an exited process is remembered, in ms: longer than a call of it can still be under way.
    /// </summary>
    public const long TombstoneMs = 3_600_000;

    private FewMap<int, Entry> _entries;
    private FewMap<int, long> _tombstones;
    private Queue<(int Pid, long TimeMs)>? _tombstoneOrder;

    /// <summary>The number of results that are kept because their processes have not acknowledged them.</summary>
    public int UnacknowledgedCount { get; private set; }

    /// <summary>The bytes of these results, about.</summary>
    public long UnacknowledgedBytes { get; private set; }

    /// <summary>
    /// The number of calls that arrived again and were answered from here, in this life of the entity.
    /// </summary>
    public long Found { get; internal set; }

    /// <summary>
    /// Whether a process has so many results here, or so many bytes, that its further calls fail with ENOBUFS until it
    /// acknowledges some.
    /// </summary>
    public bool IsFull(int pid) =>
        (UnacknowledgedCount >= Bounds.Unacknowledged || UnacknowledgedBytes >= Bounds.UnacknowledgedBytes)
        && _entries.TryGetValue(pid, out var entry)
        && (entry.Results.Count >= Bounds.Unacknowledged || entry.Bytes >= Bounds.UnacknowledgedBytes);

    /// <summary>Whether even failures of a process would be too much.</summary>
    public bool IsOverfull(int pid) =>
        UnacknowledgedCount >= 2 * Bounds.Unacknowledged
        && _entries.TryGetValue(pid, out var entry) && entry.Results.Count >= 2 * Bounds.Unacknowledged;

    /// <summary>Whether the process has exited.</summary>
    public bool HasExited(int pid) => _tombstones.ContainsKey(pid);

    /// <summary>Whether the process has acknowledged the result of a call.</summary>
    public bool IsAcknowledged(int pid, ulong seq) =>
        _entries.TryGetValue(pid, out var entry) && seq < entry.Ack && entry.Pending?.Contains(seq) is not true;

    /// <summary>
    /// Whether an acknowledgement of all calls below <paramref name="ack"/>, except those in
    /// <paramref name="pending"/>, would remove stored results.
    /// </summary>
    public bool WouldTrim(int pid, ulong ack, ICollection<ulong> pending)
    {
        if (!_entries.TryGetValue(pid, out var entry) || entry.Results.Count == 0 || entry.Lowest >= ack) return false;
        return !pending.Contains(entry.Lowest)
            || entry.Results.Count > pending.Distinct().Count(entry.Results.ContainsKey);
    }

    /// <summary>The stored result of a call.</summary>
    public bool TryGet(int pid, ulong seq, [NotNullWhen(true)] out Result? result)
    {
        result = null;
        if (!_entries.TryGetValue(pid, out var entry) || !entry.Results.TryGetValue(seq, out var stored)) return false;
        result = stored.Result;
        return true;
    }

    /// <summary>
    /// Takes out what the stored result of a call carries, so that it can be put back although the process lives.
    /// False: there is no such result, or it carries nothing (any more).
    /// </summary>
    internal bool TryTakeCarried(int pid, ulong seq, [NotNullWhen(true)] out object? carried)
    {
        carried = null;
        if (!_entries.TryGetValue(pid, out var entry) || !entry.Results.TryGetValue(seq, out var stored)) return false;
        carried = stored.Carried;
        if (carried is null) return false;
        entry.Results[seq] = stored with { Carried = null };
        return true;
    }

    /// <summary>Whether the stored result of a call carries something.</summary>
    internal bool Carries(int pid, ulong seq) =>
        _entries.TryGetValue(pid, out var entry) && entry.Results.TryGetValue(seq, out var stored)
        && stored.Carried is not null;

    internal void Complete(int pid, Result result, object? carried = null)
    {
        if (!_entries.TryGetValue(pid, out var entry)) _entries.TryAdd(pid, entry = new Entry());
        if (!entry.Results.TryAdd(result.Seq, new Stored(result, carried)))
            throw new InvalidOperationException($"call {pid}.{result.Seq} completed twice");
        if (entry.Results.Count == 1 || result.Seq < entry.Lowest) entry.Lowest = result.Seq;
        UnacknowledgedCount++;
        Weigh(entry, ResultSizes.Of(result));
    }

    internal void Acknowledge(int pid, ulong ack, ICollection<ulong> pending)
    {
        if (!_entries.TryGetValue(pid, out var entry)) return;
        ref var results = ref entry.Results;
        var before = results.Count;
        if (ack > entry.Lowest && ack - entry.Lowest <= (ulong)before * 2)
        {
            for (var seq = entry.Lowest; seq < ack && results.Count > 0; seq++)
            {
                if (!pending.Contains(seq)) Drop(entry, seq);
            }
        }
        else
        {
            foreach (var seq in results.Keys)
            {
                if (seq < ack && !pending.Contains(seq)) Drop(entry, seq);
            }
        }

        UnacknowledgedCount -= before - results.Count;
        entry.Learn(ack, pending);
    }

    /// <summary>
    /// Removes a process that has exited and leaves a tombstone. Returns what its unacknowledged results carried: those
    /// from <paramref name="ack"/> on, or exactly those that <paramref name="exact"/> does not have.
    /// </summary>
    internal List<object> RemoveProcess(int pid, ulong ack, Acknowledged? exact, long nowMs)
    {
        List<object> carried = [];
        if (_entries.Remove(pid, out var entry))
        {
            UnacknowledgedCount -= entry.Results.Count;
            UnacknowledgedBytes -= entry.Bytes;
            foreach (var (seq, stored) in entry.Results.Entries)
            {
                var isAcknowledged = exact is null ? seq < ack : seq < exact.Below && !exact.Except.Contains(seq);
                if (!isAcknowledged && stored.Carried is { } load) carried.Add(load);
            }
        }

        var order = _tombstoneOrder ??= new(1);
        while (order.TryPeek(out var oldest) && oldest.TimeMs < nowMs - TombstoneMs)
        {
            order.Dequeue();
            _tombstones.Remove(oldest.Pid);
        }

        if (_tombstones.TryAdd(pid, nowMs)) order.Enqueue((pid, nowMs));
        return carried;
    }

    /// <summary>Every stored result with its process and with what it carries, in no order.</summary>
    public IEnumerable<(int Pid, Result Result, object? Carried)> All()
    {
        foreach (var (pid, entry) in _entries.Entries)
        {
            foreach (var stored in entry.Results.Values) yield return (pid, stored.Result, stored.Carried);
        }
    }

    internal LedgerState ToState()
    {
        var state = new LedgerState();
        foreach (var (pid, entry) in _entries.Entries.OrderBy(pair => pair.Key))
        {
            var stored = new LedgerEntry { Pid = pid, Ack = entry.Ack };
            if (entry.Pending is { } pending) stored.Pending.AddRange(pending.Order());
            stored.Results.AddRange(entry.Results.Values.Select(each => each.Result).OrderBy(result => result.Seq));
            state.Entries.Add(stored);
        }

        foreach (var (pid, timeMs) in _tombstoneOrder ?? [])
            state.Tombstones.Add(new Tombstone { Pid = pid, TimeMs = timeMs });
        return state;
    }

    /// <summary>Loads a stored ledger; <paramref name="carriedBy"/> returns what a result carries.</summary>
    internal void Restore(LedgerState state, Func<int, ulong, object?> carriedBy)
    {
        _entries.Clear();
        _tombstones.Clear();
        _tombstoneOrder = null;
        UnacknowledgedCount = 0;
        UnacknowledgedBytes = 0;
        foreach (var stored in state.Entries)
        {
            var entry = new Entry { Ack = stored.Ack, Lowest = stored.Ack };
            if (stored.Pending.Count > 0) entry.Pending = [.. stored.Pending];
            _entries.TryAdd(stored.Pid, entry);
            foreach (var result in stored.Results) Complete(stored.Pid, result, carriedBy(stored.Pid, result.Seq));
        }

        foreach (var tombstone in state.Tombstones)
        {
            _tombstones.TryAdd(tombstone.Pid, tombstone.TimeMs);
            (_tombstoneOrder ??= new(1)).Enqueue((tombstone.Pid, tombstone.TimeMs));
        }
    }

    private void Drop(Entry entry, ulong seq)
    {
        if (entry.Results.Remove(seq, out var stored)) Weigh(entry, -ResultSizes.Of(stored.Result));
    }

    private void Weigh(Entry entry, long bytes)
    {
        entry.Bytes += bytes;
        UnacknowledgedBytes += bytes;
    }

    private readonly record struct Stored(Result Result, object? Carried);

    private sealed class Entry
    {
        public FewMap<ulong, Stored> Results;
        public HashSet<ulong>? Pending; // calls below Ack that are not acknowledged; null: none
        public ulong Ack;
        public long Bytes;
        public ulong Lowest; // no result is below this

        /// <summary>Adds an acknowledgement. A late one takes nothing back.</summary>
        public void Learn(ulong ack, ICollection<ulong> pending)
        {
            if (Pending is not null) Trim(ack, pending);
            foreach (var seq in pending)
            {
                if (seq >= Ack && seq < ack) (Pending ??= []).Add(seq);
            }

            Ack = Math.Max(Ack, ack);
            Lowest = Ack;
            foreach (var seq in Pending ?? [])
            {
                if (seq < Lowest && Results.ContainsKey(seq)) Lowest = seq;
            }
        }

        private void Trim(ulong ack, ICollection<ulong> pending)
        {
            Pending!.RemoveWhere(seq => seq < ack && !pending.Contains(seq));
            if (Pending.Count == 0) Pending = null;
        }
    }
}
