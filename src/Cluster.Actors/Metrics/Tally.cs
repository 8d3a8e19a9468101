using System.Diagnostics.Metrics;

namespace Cluster.Actors.Metrics;

/// <summary>
/// A counter that is there, at 0, before anything is counted. A counter of the library appears with what it counts
/// first, and an alarm on its growth would miss just that.
/// </summary>
internal sealed class Tally
{
    private long _count;

    /// <summary>Makes its instrument.</summary>
    /// <param name="meter">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="unit">What is counted.</param>
    /// <param name="description">The same in words.</param>
    public Tally(Meter meter, string name, string unit, string description) =>
        meter.CreateObservableCounter(name, () => Volatile.Read(ref _count), unit, description);

    /// <summary>So many more.</summary>
    public void Add(int count) => Interlocked.Add(ref _count, count);
}
