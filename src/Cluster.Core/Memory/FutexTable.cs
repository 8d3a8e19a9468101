using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <summary>Who waits at which word of an extent, and who has which lock.</summary>
internal sealed class FutexTable
{
    private readonly Dictionary<int, SortedDictionary<ulong, FutexWaiter>> _lines = [];
    private readonly SortedDictionary<int, HeldLock> _locks = [];

    /// <summary>The next ticket, and the next place in any line.</summary>
    public ulong NextPlace { get; set; } = 1;

    /// <summary>Wake-ups that nobody has heard of, and which go to another caller.</summary>
    public List<FutexLost> Lost { get; } = [];

    /// <summary>The locks that somebody has or waits for, from the lowest offset.</summary>
    public IEnumerable<HeldLock> Locks => _locks.Values;

    public bool IsEmpty => _lines.Count == 0 && _locks.Count == 0 && Lost.Count == 0 && NextPlace == 1;

    public void Clear()
    {
        _lines.Clear();
        _locks.Clear();
        Lost.Clear();
        NextPlace = 1;
    }

    /// <summary>The callers that wait at a word, in order.</summary>
    public IReadOnlyCollection<FutexWaiter> LineAt(int offset) =>
        _lines.TryGetValue(offset, out var line) ? line.Values : [];

    /// <summary>The lock at a word; null: nobody has it or waits for it as far as the extent knows.</summary>
    public HeldLock? LockAt(int offset) => _locks.GetValueOrDefault(offset);

    public HeldLock LockOrNew(int offset)
    {
        if (!_locks.TryGetValue(offset, out var held)) _locks.Add(offset, held = new HeldLock(offset));
        return held;
    }

    /// <summary>Forgets a lock that nobody has and nobody waits for.</summary>
    public void Trim(HeldLock held)
    {
        if (held.Holders.Count == 0 && held.Line.Count == 0) _locks.Remove(held.Offset);
    }

    /// <summary>Puts a waiter into its lines, at its places.</summary>
    public void Add(FutexWaiter waiter)
    {
        for (var index = 0; index < waiter.Offsets.Length; index++)
        {
            var (offset, place) = (waiter.Offsets[index], waiter.Places[index]);
            if (waiter.Locks) LockOrNew(offset).Line.Add(place, waiter);
            else LineOrNew(offset).Add(place, waiter);
        }
    }

    /// <summary>Takes a waiter out of its lines. The lock stays, although nobody may be left there.</summary>
    public void Remove(FutexWaiter waiter)
    {
        for (var index = 0; index < waiter.Offsets.Length; index++)
        {
            var (offset, place) = (waiter.Offsets[index], waiter.Places[index]);
            if (waiter.Locks) _locks[offset].Line.Remove(place);
            else RemoveFromLine(offset, place);
        }
    }

    /// <summary>FUTEX_REQUEUE: the waiter goes to the end of another line.</summary>
    public void Move(FutexWaiter waiter, int from, int to)
    {
        var index = Array.IndexOf(waiter.Offsets, from);
        RemoveFromLine(from, waiter.Places[index]);
        (waiter.Offsets[index], waiter.Places[index]) = (to, NextPlace++);
        LineOrNew(to).Add(waiter.Places[index], waiter);
    }

    public ulong[] NewPlaces(int count)
    {
        var places = new ulong[count];
        for (var index = 0; index < count; index++) places[index] = NextPlace++;
        return places;
    }

    private SortedDictionary<ulong, FutexWaiter> LineOrNew(int offset)
    {
        if (!_lines.TryGetValue(offset, out var line)) _lines.Add(offset, line = []);
        return line;
    }

    private void RemoveFromLine(int offset, ulong place)
    {
        var line = _lines[offset];
        line.Remove(place);
        if (line.Count == 0) _lines.Remove(offset);
    }
}

/// <summary>A lock that somebody has or waits for.</summary>
/// <param name="offset">Its word.</param>
internal sealed class HeldLock(int offset)
{
    public int Offset => offset;

    /// <summary>One owner, or readers.</summary>
    public List<FutexHolder> Holders { get; } = [];

    /// <summary>Who waits, by place.</summary>
    public SortedDictionary<ulong, FutexWaiter> Line { get; } = [];

    /// <summary>The pid that the word has to have.</summary>
    public uint Tid => Holders.Count == 0 ? 0 : Holders[0].Shared ? FutexWord.Readers : (uint)Holders[0].Pid;
}
