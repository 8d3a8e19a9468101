using Cluster.Actors;
using Cluster.Node.Observing;

namespace Cluster.Node.Gateway;

/// <summary>What the streams of all clients of a node share: bytes of frames, counters and the time.</summary>
/// <param name="stats">Counts each bound that was reached.</param>
/// <param name="time">The time.</param>
/// <param name="audit">The audit; null: there is none.</param>
internal sealed class ClientBounds(NodeStats stats, TimeProvider time, AuditLog? audit = null)
{
    /// <summary>The audit; null: there is none.</summary>
    public AuditLog? Audit { get; } = audit is { IsOn: true } ? audit : null;

    /// <summary>
    /// A connection has this time for its preface, and a stream for its hello. It is shorter than the time after which a
    /// connection is given up that does not answer a ping, so that the client learns the reason.
    /// </summary>
    public static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(7);

    private readonly NodePace _pace = new(time);

    /// <summary>The bytes of large frames.</summary>
    public LargeFrames LargeFrames { get; } = new(stats);

    /// <summary>The processes that begin.</summary>
    public NewProcesses NewProcesses { get; } = new(stats, time);

    /// <summary>Counts each bound that was reached.</summary>
    public NodeStats Stats { get; } = stats;

    /// <summary>The time.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>The pace of a new connection.</summary>
    public Pace NewPace() => new(_pace, Stats, Time);
}
