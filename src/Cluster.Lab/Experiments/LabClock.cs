namespace Cluster.Lab.Experiments;

/// <summary>The clock of the histories. Faults use it too, so that their times compare with those of calls.</summary>
internal static class LabClock
{
    private static readonly double NsPerTick = 1e9 / TimeProvider.System.TimestampFrequency;

    /// <summary>The time now, ns.</summary>
    public static long Now => (long)(TimeProvider.System.GetTimestamp() * NsPerTick);

    /// <summary>Seconds between two times.</summary>
    public static double Seconds(long from, long to) => (to - from) / 1e9;
}
