namespace Cluster.Actors.Time;

/// <summary>
/// The clock by which the cluster measures deadlines, leases, graces and tombstones. It moves forward at the rate of
/// real time, whatever happens to the wall clocks, and the nodes agree on its reading.
/// </summary>
/// <remarks>
/// A node reads its boot clock, and is ahead of it by an offset that only grows. The journal keeps a reading that is at
/// most a second or so old: a node begins with it. The members tell each other their readings every second, and the
/// highest reading counts, so the clocks differ by no more than a message takes. While no node of the cluster runs, the
/// clock stands.
/// </remarks>
/// <param name="bootMs">The boot clock of this node, in ms.</param>
public sealed class ClusterClock(Func<long> bootMs)
{
    private long _aheadMs;

    /// <summary>A clock on <see cref="BootClock"/>.</summary>
    public ClusterClock()
        : this(() => BootClock.NowMs)
    {
    }

    /// <summary>Now, in ms. The first cluster on a journal began with the ms since the epoch.</summary>
    public long NowMs => bootMs() + Volatile.Read(ref _aheadMs);

    /// <summary>Takes a reading of the cluster's clock: it is at least so late.</summary>
    /// <param name="readingMs">The reading, in ms: of another member, or from the journal.</param>
    public void Hear(long readingMs)
    {
        var aheadMs = readingMs - bootMs();
        long known;
        while (aheadMs > (known = Volatile.Read(ref _aheadMs)))
        {
            if (Interlocked.CompareExchange(ref _aheadMs, aheadMs, known) == known) return;
        }
    }
}
