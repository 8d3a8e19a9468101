namespace Cluster.Actors.Tracing;

/// <summary>
/// The taps of one node. Entities look here whether anybody traces; while nobody does, the look costs one read of a
/// field.
/// </summary>
public sealed class Taps
{
    private readonly Lock _gate = new();
    private Tap[]? _all;

    /// <summary>Every tap; null: there is none. The array itself never changes.</summary>
    public IReadOnlyList<Tap>? All => Volatile.Read(ref _all);

    /// <summary>Entities write to this tap from now on.</summary>
    public void Add(Tap tap)
    {
        lock (_gate) Volatile.Write(ref _all, [.. _all ?? [], tap]);
    }

    /// <summary>Entities no longer write to this tap.</summary>
    public void Remove(Tap tap)
    {
        lock (_gate)
        {
            var left = (_all ?? []).Where(each => each != tap).ToArray();
            Volatile.Write(ref _all, left.Length == 0 ? null : left);
        }
    }
}
