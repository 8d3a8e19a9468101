using System.Globalization;

namespace Cluster.Lab.Checkers;

/// <summary>
/// The lock of a silent process becomes free when the lease of the process ends: at most a second early and at most two
/// seconds late. Time in which a node was away does not count as late. Pure.
/// </summary>
internal static class LeasesInTime
{
    private const string Name = "leases end in time";
    private const long EarlyNs = 1_000_000_000;
    private const long LateNs = 2_000_000_000;

    // A client sends a frame each third of its lease.
    private const int FramesPerLease = 3;

    public static Verdict Check(IReadOnlyList<LeaseEnd> ends, IReadOnlyList<TimeSpanNs> failovers)
    {
        if (ends.Count == 0) return Verdict.Unclear(Name, "no process became silent");
        foreach (var end in ends)
        {
            if (end.TakenAt is not { } at) return Broken("the lock of a silent process never became free");
            var heldNs = at - end.SilentAt;
            if (heldNs < end.LeaseNs - (end.LeaseNs / FramesPerLease) - EarlyNs)
                return Broken($"a lease of {Seconds(end.LeaseNs)} s ended after {Seconds(heldNs)} s of silence");
            var lateNs = heldNs - end.LeaseNs - new TimeSpanNs(end.SilentAt, at).OverlapWith(failovers);
            if (lateNs > LateNs)
                return Broken($"a lease of {Seconds(end.LeaseNs)} s ended {Seconds(lateNs)} s late");
        }

        return Verdict.Held(Name, $"{ends.Count} locks of silent processes became free when their leases ended");
    }

    private static Verdict Broken(string what) => Verdict.Broken(Name, new Finding(what));

    private static string Seconds(long ns) => (ns / 1e9).ToString("F1", CultureInfo.InvariantCulture);
}
