using System.Diagnostics.Metrics;

namespace Cluster.Actors.Metrics;

/// <summary>
/// A counter that is reported as 0 from the start. A counter of the library appears with its first count, so an alarm
/// on its growth would miss that first count.
/// </summary>
internal sealed class Tally
{
    private long _count;

    /// <summary>Creates the instrument.</summary>
    /// <param name="meter">The meter of the instrument.</param>
    /// <param name="name">The name.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="description">The description.</param>
    public Tally(Meter meter, string name, string unit, string description) =>
        meter.CreateObservableCounter(name, () => Volatile.Read(ref _count), unit, description);

    /// <summary>Adds to the count.</summary>
    public void Add(int count) => Interlocked.Add(ref _count, count);
}
