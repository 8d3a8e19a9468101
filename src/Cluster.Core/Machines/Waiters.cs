using System.Diagnostics.CodeAnalysis;

namespace Cluster.Core.Machines;

/// <summary>
/// The parked calls of one object: by name (a call that comes again finds itself), by deadline, and by the process they
/// belong to. The order in which they are served is the kind's own business.
/// </summary>
public sealed class Waiters
{
    private readonly Dictionary<(int Pid, ulong Seq), Waiter> _byCall = [];
    private readonly Dictionary<int, HashSet<Waiter>> _byPid = [];
    private SortedSet<(long AtMs, ulong Ticket, Waiter Waiter)>? _deadlines;
    private SortedSet<(long AtMs, ulong Ticket, Waiter Waiter)>? _graces;

    private static readonly Comparer<(long AtMs, ulong Ticket, Waiter Waiter)> ByTime =
        Comparer<(long AtMs, ulong Ticket, Waiter Waiter)>.Create((one, other) =>
            one.AtMs != other.AtMs ? one.AtMs.CompareTo(other.AtMs) : one.Ticket.CompareTo(other.Ticket));

    /// <summary>How many calls are parked.</summary>
    public int Count => _byCall.Count;

    /// <summary>How many have been parked, in this life of the entity and in its replay.</summary>
    public long Added { get; private set; }

    /// <summary>How many of them went on, with a result or without.</summary>
    public long Removed { get; private set; }

    /// <summary>Every parked call; in no order.</summary>
    public IReadOnlyCollection<Waiter> All => _byCall.Values;

    /// <summary>The next time at which something happens by itself, in ms since the epoch; MaxValue: never.</summary>
    public long NextMs => Math.Min(
        _deadlines is not { Count: > 0 } ? long.MaxValue : _deadlines.Min.AtMs,
        _graces is not { Count: > 0 } ? long.MaxValue : _graces.Min.AtMs);

    /// <summary>Finds a parked call.</summary>
    public bool TryGet(int pid, ulong seq, [NotNullWhen(true)] out Waiter? waiter) =>
        _byCall.TryGetValue((pid, seq), out waiter);

    /// <summary>The parked calls of one process, in their order in line.</summary>
    public Waiter[] Of(int pid) =>
        _byPid.TryGetValue(pid, out var own) ? [.. own.OrderBy(waiter => waiter.Ticket)] : [];

    internal void Add(Waiter waiter)
    {
        if (!_byCall.TryAdd((waiter.Pid, waiter.Seq), waiter))
            throw new InvalidOperationException($"call {waiter.Pid}.{waiter.Seq} is parked already");
        Added++;
        if (!_byPid.TryGetValue(waiter.Pid, out var own)) _byPid.Add(waiter.Pid, own = []);
        own.Add(waiter);
        if (waiter.DeadlineMs != 0) (_deadlines ??= new(ByTime)).Add((waiter.DeadlineMs, waiter.Ticket, waiter));
    }

    internal bool Remove(int pid, ulong seq, [NotNullWhen(true)] out Waiter? waiter)
    {
        if (!_byCall.Remove((pid, seq), out waiter)) return false;
        Removed++;
        var own = _byPid[pid];
        own.Remove(waiter);
        if (own.Count == 0) _byPid.Remove(pid);
        if (waiter.DeadlineMs != 0) _deadlines!.Remove((waiter.DeadlineMs, waiter.Ticket, waiter));
        if (waiter.Presence == Presence.Suspended) _graces!.Remove((waiter.GraceUntilMs, waiter.Ticket, waiter));
        return true;
    }

    internal void Clear()
    {
        _byCall.Clear();
        _byPid.Clear();
        _deadlines = null;
        _graces = null;
    }

    internal void Suspend(Waiter waiter, long graceUntilMs)
    {
        if (waiter.Presence != Presence.Attached) return;
        waiter.Presence = Presence.Suspended;
        waiter.GraceUntilMs = graceUntilMs;
        (_graces ??= new(ByTime)).Add((graceUntilMs, waiter.Ticket, waiter));
    }

    internal void Attach(Waiter waiter)
    {
        if (waiter.Presence == Presence.Suspended) _graces!.Remove((waiter.GraceUntilMs, waiter.Ticket, waiter));
        waiter.Presence = Presence.Attached;
    }

    /// <summary>Takes the next suspended waiter whose grace is over, and marks it as passed over.</summary>
    internal bool TryPassOver(long nowMs, [NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = null;
        if (_graces is not { Count: > 0 } || _graces.Min.AtMs > nowMs) return false;
        var first = _graces.Min;
        _graces.Remove(first);
        waiter = first.Waiter;
        waiter.Presence = Presence.PassedOver;
        return true;
    }

    /// <summary>The parked call whose deadline is the earliest, if it has passed.</summary>
    internal bool TryGetExpired(long nowMs, [NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = _deadlines is { Count: > 0 } && _deadlines.Min.AtMs <= nowMs ? _deadlines.Min.Waiter : null;
        return waiter is not null;
    }
}
