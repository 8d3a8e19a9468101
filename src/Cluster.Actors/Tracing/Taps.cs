namespace Cluster.Actors.Tracing;

/// <summary>
/// The taps of one node: what entities look at to see whether anybody traces. One reader's glance where nobody does.
/// </summary>
public sealed class Taps
{
    private readonly Lock _gate = new();
    private Tap[]? _all;

    /// <summary>Every tap; null: there is none. An array is never changed.</summary>
    public IReadOnlyList<Tap>? All => Volatile.Read(ref _all);

    /// <summary>From now on this one is written to.</summary>
    public void Add(Tap tap)
    {
        lock (_gate) Volatile.Write(ref _all, [.. _all ?? [], tap]);
    }

    /// <summary>This one is not written to any more.</summary>
    public void Remove(Tap tap)
    {
        lock (_gate)
        {
            var left = (_all ?? []).Where(each => each != tap).ToArray();
            Volatile.Write(ref _all, left.Length == 0 ? null : left);
        }
    }
}
