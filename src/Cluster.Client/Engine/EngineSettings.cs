using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>The numbers of the engine. Times are milliseconds.</summary>
internal sealed record EngineSettings
{
    /// <summary>What the first hello asks for.</summary>
    public NewProcess Process { get; init; } = new();

    public int Window { get; init; } = 1024;

    public int CallsPerProcess { get; init; } = Bounds.CallsPerProcess;

    public int FrameTargetBytes { get; init; } = Bounds.FrameTargetBytes;

    public int CallsPerFrame { get; init; } = Bounds.CallsPerFrame;

    /// <summary>How long results may be in hand before their object hears of it.</summary>
    public long AckDelayMs { get; init; } = 10;

    /// <summary>A call is asserted again when it is outstanding between Min and Max without a word.</summary>
    public long AssertMinMs { get; init; } = 5_000;

    public long AssertMaxMs { get; init; } = 10_000;

    /// <summary>
    /// The same, of a target whose node was lost: from First on, by half longer each time, until Min. The cluster takes
    /// about two seconds to find its objects a new node, and what comes before that may be lost once more.
    /// </summary>
    public long HasteFirstMs { get; init; } = 250;

    /// <summary>An entity that keeps leaving its node is called back this often.</summary>
    public long MovedMs { get; init; } = 1_000;

    /// <summary>From the request for a stream to its Welcome.</summary>
    public long ConnectTimeoutMs { get; init; } = 5_000;

    /// <summary>
    /// The same, for a new process at a node that took the stream. A known process asks other nodes as well.
    /// </summary>
    public long AdmissionTimeoutMs { get; init; } = 30_000;

    /// <summary>How long one attempt of a known process may keep silent before another is made beside it.</summary>
    public long HedgeMs { get; init; } = 1_000;

    public long ReconnectDelayMs { get; init; } = 25;

    public long MaxReconnectDelayMs { get; init; } = 1_000;

    /// <summary>How long a node that could not be reached is left alone; doubles up to Max.</summary>
    public long UnreachableMs { get; init; } = 2_000;

    public long MaxUnreachableMs { get; init; } = 60_000;

    public long CloseTimeoutMs { get; init; } = 3_000;

    /// <summary>A target that nobody used for so long is forgotten, and with it who owns it.</summary>
    public long IdleTargetMs { get; init; } = 120_000;

    /// <summary>How often slow things are looked at.</summary>
    public long SweepMs { get; init; } = 1_000;

    /// <summary>The same, while calls are held up that may time out.</summary>
    public long BusySweepMs { get; init; } = 100;

    public bool NewProcessWhenLost { get; init; }
}
