using System.Diagnostics.CodeAnalysis;

namespace Cluster.Core.Machines;

/// <summary>
/// The parked calls of one object, found by (pid, seq), by deadline and by process. A call that arrives again finds its
/// waiter by (pid, seq). Each kind decides by itself in which order it serves its waiters.
/// </summary>
public sealed class Waiters
{
    private Tables? _tables; // null while nothing is parked, as in most objects most of the time
    private ulong _unrecorded; // the number of waiters without a journal entry that were added so far

    private static readonly Comparer<(long AtMs, ulong Ticket, Waiter Waiter)> ByTime =
        Comparer<(long AtMs, ulong Ticket, Waiter Waiter)>.Create((one, other) =>
            one.AtMs != other.AtMs ? one.AtMs.CompareTo(other.AtMs) : one.Ticket.CompareTo(other.Ticket));

    /// <summary>The number of parked calls.</summary>
    public int Count => _tables?.ByCall.Count ?? 0;

    /// <summary>The number of calls that were parked in this life of the entity and in its replay.</summary>
    public long Added { get; private set; }

    /// <summary>The number of parked calls that ended, with a result or without.</summary>
    public long Removed { get; private set; }

    /// <summary>Every parked call, in no order.</summary>
    public IEnumerable<Waiter> All => _tables?.ByCall.Values ?? [];

    /// <summary>The parked calls of one sort, in no order.</summary>
    public IEnumerable<T> OfSort<T>()
        where T : Waiter => All.OfType<T>();

    /// <summary>The parked calls of one sort, in the order of their tickets.</summary>
    public T[] InLine<T>()
        where T : Waiter => [.. All.OfType<T>().OrderBy(waiter => waiter.Ticket)];

    /// <summary>
    /// A ticket for a waiter that is not journalled. Such tickets count down from the highest number, so they never
    /// collide with the tickets of journalled waiters, which count up from 1.
    /// </summary>
    internal ulong NextUnrecordedTicket() => ulong.MaxValue - _unrecorded++;

    /// <summary>The next time at which a deadline or a grace ends, in ms of the cluster's clock; MaxValue: never.</summary>
    public long NextMs => Math.Min(
        _tables?.Deadlines is { Count: > 0 } deadlines ? deadlines.Min.AtMs : long.MaxValue,
        _tables?.Graces is { Count: > 0 } graces ? graces.Min.AtMs : long.MaxValue);

    /// <summary>Finds a parked call.</summary>
    public bool TryGet(int pid, ulong seq, [NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = null;
        return _tables is { } tables && tables.ByCall.TryGetValue((pid, seq), out waiter);
    }

    /// <summary>The parked calls of one process, in the order of their tickets.</summary>
    public Waiter[] Of(int pid) =>
        _tables is { } tables && tables.ByPid.TryGetValue(pid, out var own)
            ? [.. own.OrderBy(waiter => waiter.Ticket)]
            : [];

    internal void Add(Waiter waiter)
    {
        var tables = _tables ??= new Tables();
        if (!tables.ByCall.TryAdd((waiter.Pid, waiter.Seq), waiter))
            throw new InvalidOperationException($"call {waiter.Pid}.{waiter.Seq} is parked already");
        Added++;
        if (!tables.ByPid.TryGetValue(waiter.Pid, out var own)) tables.ByPid.TryAdd(waiter.Pid, own = []);
        own.Add(waiter);
        if (waiter.DeadlineMs != 0) (tables.Deadlines ??= new(ByTime)).Add((waiter.DeadlineMs, waiter.Ticket, waiter));
    }

    internal bool Remove(int pid, ulong seq, [NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = null;
        if (_tables is not { } tables || !tables.ByCall.Remove((pid, seq), out waiter)) return false;
        Removed++;
        if (tables.ByPid.TryGetValue(pid, out var own) && own.Remove(waiter) && own.Count == 0)
            tables.ByPid.Remove(pid);
        if (waiter.DeadlineMs != 0) tables.Deadlines!.Remove((waiter.DeadlineMs, waiter.Ticket, waiter));
        if (waiter.Presence == Presence.Suspended) tables.Graces!.Remove((waiter.GraceUntilMs, waiter.Ticket, waiter));
        if (tables.ByCall.Count == 0) _tables = null;
        return true;
    }

    internal void Clear() => _tables = null;

    internal void Suspend(Waiter waiter, long graceUntilMs)
    {
        if (waiter.Presence != Presence.Connected) return;
        waiter.Presence = Presence.Suspended;
        waiter.GraceUntilMs = graceUntilMs;
        (_tables!.Graces ??= new(ByTime)).Add((graceUntilMs, waiter.Ticket, waiter));
    }

    internal void Reconnect(Waiter waiter)
    {
        if (waiter.Presence == Presence.Suspended)
            _tables!.Graces!.Remove((waiter.GraceUntilMs, waiter.Ticket, waiter));
        waiter.Presence = Presence.Connected;
    }

    /// <summary>Finds the next suspended waiter whose grace has ended, and marks it as passed over.</summary>
    internal bool TryPassOver(long nowMs, [NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = null;
        if (_tables?.Graces is not { Count: > 0 } graces || graces.Min.AtMs > nowMs) return false;
        var first = graces.Min;
        graces.Remove(first);
        waiter = first.Waiter;
        waiter.Presence = Presence.PassedOver;
        return true;
    }

    /// <summary>Finds the parked call with the earliest deadline, if that has passed.</summary>
    internal bool TryGetExpired(long nowMs, [NotNullWhen(true)] out Waiter? waiter)
    {
        var first = _tables?.Deadlines is { Count: > 0 } deadlines ? deadlines.Min : default;
        waiter = first.AtMs <= nowMs ? first.Waiter : null;
        return waiter is not null;
    }

    private sealed class Tables
    {
        public FewMap<(int Pid, ulong Seq), Waiter> ByCall;
        public FewMap<int, HashSet<Waiter>> ByPid;
        public SortedSet<(long AtMs, ulong Ticket, Waiter Waiter)>? Deadlines;
        public SortedSet<(long AtMs, ulong Ticket, Waiter Waiter)>? Graces;
    }
}
