using System.Diagnostics.CodeAnalysis;

namespace Cluster.Core.Machines;

/// <summary>
/// The parked calls of one object: by name (a call that comes again finds itself), by deadline, and by the process they
/// belong to. The order in which they are served is the kind's own business.
/// </summary>
public sealed class Waiters
{
    private Tables? _tables; // none while nothing is parked: that is most of the time, of most objects

    private static readonly Comparer<(long AtMs, ulong Ticket, Waiter Waiter)> ByTime =
        Comparer<(long AtMs, ulong Ticket, Waiter Waiter)>.Create((one, other) =>
            one.AtMs != other.AtMs ? one.AtMs.CompareTo(other.AtMs) : one.Ticket.CompareTo(other.Ticket));

    /// <summary>How many calls are parked.</summary>
    public int Count => _tables?.ByCall.Count ?? 0;

    /// <summary>How many have been parked, in this life of the entity and in its replay.</summary>
    public long Added { get; private set; }

    /// <summary>How many of them went on, with a result or without.</summary>
    public long Removed { get; private set; }

    /// <summary>Every parked call; in no order.</summary>
    public IEnumerable<Waiter> All => _tables?.ByCall.Values ?? [];

    /// <summary>The next time at which something happens by itself, in ms since the epoch; MaxValue: never.</summary>
    public long NextMs => Math.Min(
        _tables?.Deadlines is { Count: > 0 } deadlines ? deadlines.Min.AtMs : long.MaxValue,
        _tables?.Graces is { Count: > 0 } graces ? graces.Min.AtMs : long.MaxValue);

    /// <summary>Finds a parked call.</summary>
    public bool TryGet(int pid, ulong seq, [NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = null;
        return _tables is { } tables && tables.ByCall.TryGetValue((pid, seq), out waiter);
    }

    /// <summary>The parked calls of one process, in their order in line.</summary>
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
        if (waiter.Presence != Presence.Attached) return;
        waiter.Presence = Presence.Suspended;
        waiter.GraceUntilMs = graceUntilMs;
        (_tables!.Graces ??= new(ByTime)).Add((graceUntilMs, waiter.Ticket, waiter));
    }

    internal void Attach(Waiter waiter)
    {
        if (waiter.Presence == Presence.Suspended)
            _tables!.Graces!.Remove((waiter.GraceUntilMs, waiter.Ticket, waiter));
        waiter.Presence = Presence.Attached;
    }

    /// <summary>Takes the next suspended waiter whose grace is over, and marks it as passed over.</summary>
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

    /// <summary>The parked call whose deadline is the earliest, if it has passed.</summary>
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
