using Cluster.Actors;

namespace Cluster.Node.Observing;

/// <summary>
/// Logs that clients have reached bounds: one line for each bound in <see cref="RepeatAfter"/>, with the number of times.
/// Reading counters costs an idle node nothing, and an attack cannot fill the log.
/// </summary>
internal sealed class BoundsWatch(NodeStats stats, ILoggerFactory logs, TimeProvider time) : BackgroundService
{
    /// <summary>A bound is logged at most once in this time.</summary>
    internal static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly Bound[] Bounds = Enum.GetValues<Bound>();

    private readonly long[] _said = new long[Bounds.Length];
    private readonly long?[] _saidAt = new long?[Bounds.Length];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var log = logs.CreateLogger(OperatorLog.Category);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Look(log);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Cancellation is the regular end. The host would log an exception as a failure.
        }
    }

    /// <summary>Logs what was counted since the last time.</summary>
    internal void Look(ILogger log)
    {
        foreach (var bound in Bounds)
        {
            var count = stats.BoundOf(bound) - _said[(int)bound];
            if (count == 0 || (_saidAt[(int)bound] is { } then && time.GetElapsedTime(then) < RepeatAfter)) continue;
            _saidAt[(int)bound] = time.GetTimestamp();
            _said[(int)bound] += count;
            log.BoundReached($"{bound}", Explain(bound), count);
        }
    }

    private static string Explain(Bound bound) => bound switch
    {
        Bound.Connections => "connections were refused, because the node has as many as its descriptors allow",
        Bound.ConnectionsOfAddress => "connections were refused, because their address has as many as one may have",
        Bound.SilentConnections => "connections without a process were closed, to make room for others",
        Bound.HttpConnections => "connections of HTTP/2 were refused, because the node has as many as it takes",
        Bound.Requests => "connections of HTTP/2 were closed, because they had many requests without a process",
        Bound.Pace => "connections are read later, because they send many frames without calls, or many requests",
        Bound.NewProcesses => "processes had to wait before they began, because many begin",
        Bound.Hello => "connections or streams were closed, because their clients did not introduce themselves",
        Bound.Frame => "streams were ended, because a frame was too large, had too many parts, or was too slow",
        Bound.LargeFrames => "large frames wait for those of other clients",
        Bound.Resets => "connections were closed, because their clients reset many requests",
        Bound.UnreadBytes => "sessions wait until their clients read results",
        Bound.Stalled => "connections were closed, because their clients did not read results and others needed the room",
        Bound.Session => "streams were ended, because their clients left calls unanswered or results unread",
        Bound.Calls => "calls failed with ENOBUFS",
        _ => throw new ArgumentOutOfRangeException(nameof(bound), bound, "a bound without an explanation"),
    };
}
