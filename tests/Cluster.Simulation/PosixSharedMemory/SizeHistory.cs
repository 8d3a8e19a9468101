namespace Cluster.Simulation.PosixSharedMemory;

/// <summary>
/// What was done to the size of an object and to the words that lie beyond its smallest size. Each operation has an interval
/// in which it took effect. Every value that is written is written once, and is not 0.
/// </summary>
internal sealed class SizeHistory
{
    private const int Width = 8;

    private readonly List<Resize> _resizes = [new(long.MinValue, long.MinValue, 0, Grows: false)];
    private readonly List<Write> _writes = [];
    private readonly List<Seen> _seen = [];
    private ulong _lastValue;

    /// <summary>How often a word was found to be cut off, or zero after it was written.</summary>
    public int Cuts { get; private set; }

    public ulong NewValue() => ++_lastValue;

    /// <param name="fromMs">When the call began.</param>
    /// <param name="toMs">When it ended; MaxValue: it may have happened at any time, or never.</param>
    /// <param name="size">The size.</param>
    /// <param name="grows">Whether a larger object keeps its size.</param>
    public void Resized(long fromMs, long toMs, long size, bool grows) => _resizes.Add(new(fromMs, toMs, size, grows));

    public void Written(long fromMs, long toMs, int offset, ulong value) => _writes.Add(new(fromMs, toMs, offset, value));

    /// <param name="fromMs">When the call began.</param>
    /// <param name="toMs">When it ended.</param>
    /// <param name="offset">Where.</param>
    /// <param name="value">What the word was; null: it was beyond the end.</param>
    public void Saw(long fromMs, long toMs, int offset, ulong? value) => _seen.Add(new(fromMs, toMs, offset, value));

    public void Check()
    {
        foreach (var seen in _seen)
        {
            if (seen.Value is not { } value) CheckBeyond(seen);
            else
            {
                CheckWithin(seen);
                if (value == 0) CheckZero(seen);
                else CheckValue(seen, value);
            }
        }
    }

    // Some cut may have been the last change of the size.
    private void CheckBeyond(Seen seen)
    {
        Cuts++;
        var isPossible = _resizes.Any(cut => IsCut(cut, seen.Offset) && cut.FromMs < seen.ToMs
            && !_resizes.Any(each => Covers(each, seen.Offset) && each.FromMs > cut.ToMs && each.ToMs < seen.FromMs));
        if (!isPossible) throw new SimulationException($"{seen}, and nobody had cut the object");
    }

    private void CheckWithin(Seen seen)
    {
        var isPossible = _resizes.Any(growth => Covers(growth, seen.Offset) && growth.FromMs < seen.ToMs
            && !_resizes.Any(each => IsCut(each, seen.Offset) && each.FromMs > growth.ToMs && each.ToMs < seen.FromMs));
        if (!isPossible) throw new SimulationException($"{seen}, and the object was shorter");
    }

    private void CheckZero(Seen seen)
    {
        var before = _writes.Where(each => each.Offset == seen.Offset && each.ToMs < seen.FromMs).ToArray();
        if (before.Length > 0) Cuts++;
        foreach (var write in before)
        {
            if (!_resizes.Any(cut => IsCut(cut, seen.Offset) && cut.ToMs > write.FromMs && cut.FromMs < seen.ToMs))
                throw new SimulationException($"{seen}, although {write}, and nobody had cut the object");
        }
    }

    private void CheckValue(Seen seen, ulong value)
    {
        var write = _writes.Find(each => each.Offset == seen.Offset && each.Value == value)
            ?? throw new SimulationException($"{seen}, and nobody has written that");
        if (write.FromMs > seen.ToMs) throw new SimulationException($"{seen}, before {write}");
        if (_resizes.Find(cut => IsCut(cut, seen.Offset) && cut.FromMs > write.ToMs && cut.ToMs < seen.FromMs) is { } gone)
            throw new SimulationException($"{seen}: {write} was cut off by {gone}");
        if (_writes.Find(each => each.Offset == seen.Offset && each.FromMs > write.ToMs && each.ToMs < seen.FromMs)
            is { } later)
            throw new SimulationException($"{seen}: {write} was replaced by {later}");
    }

    private static bool IsCut(Resize resize, int offset) => !resize.Grows && resize.Size < offset + Width;

    private static bool Covers(Resize resize, int offset) => resize.Size >= offset + Width;

    private sealed record Resize(long FromMs, long ToMs, long Size, bool Grows);

    private sealed record Write(long FromMs, long ToMs, int Offset, ulong Value);

    private sealed record Seen(long FromMs, long ToMs, int Offset, ulong? Value);
}
