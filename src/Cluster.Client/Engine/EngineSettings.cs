using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>The numbers of the engine. Times are milliseconds.</summary>
internal sealed record EngineSettings
{
    /// <summary>What the first hello asks for.</summary>
    public NewProcess Process { get; init; } = new();

    /// <summary>The token of each hello; empty: none.</summary>
    public string Token { get; init; } = "";

    /// <summary>Calls that count against the window and may be in flight.</summary>
    public int Window { get; init; } = 1024;

    public int CallsPerProcess { get; init; } = Bounds.CallsPerProcess;

    public int FrameTargetBytes { get; init; } = Bounds.FrameTargetBytes;

    public int CallsPerFrame { get; init; } = Bounds.CallsPerFrame;

    /// <summary>How long results may be in hand before their object gets the acknowledgement.</summary>
    public long AckDelayMs { get; init; } = 10;

    /// <summary>A call is sent again when it had no answer for a time between Min and Max.</summary>
    public long AssertMinMs { get; init; } = 5_000;

    public long AssertMaxMs { get; init; } = 10_000;

    /// <summary>
    /// The same, for a target whose node was lost: after First, then half as long again each time, until Min. The
    /// cluster takes about two seconds to start the objects elsewhere, and calls that come before that may be lost
    /// again.
    /// </summary>
    public long FirstResendPauseMs { get; init; } = 250;

    /// <summary>The shortest time between two resends to an entity that keeps leaving its node.</summary>
    public long MovedMs { get; init; } = 1_000;

    /// <summary>From the request for a stream to its Welcome.</summary>
    public long ConnectTimeoutMs { get; init; } = 5_000;

    /// <summary>
    /// The same, for a new process at a node that took the stream. A known process asks other nodes as well.
    /// </summary>
    public long AdmissionTimeoutMs { get; init; } = 30_000;

    /// <summary>How long an attempt of a known process may take before another one is made beside it.</summary>
    public long HedgeMs { get; init; } = 1_000;

    public long ReconnectDelayMs { get; init; } = 25;

    public long MaxReconnectDelayMs { get; init; } = 1_000;

    /// <summary>How long a node that could not be reached is left alone; doubles up to Max.</summary>
    public long UnreachableMs { get; init; } = 2_000;

    public long MaxUnreachableMs { get; init; } = 60_000;

    public long CloseTimeoutMs { get; init; } = 3_000;

    /// <summary>A target that was not used for so long is dropped, with the node that has it.</summary>
    public long IdleTargetMs { get; init; } = 120_000;

    /// <summary>The time between two sweeps, which look for silent streams, old calls and idle targets.</summary>
    public long SweepMs { get; init; } = 1_000;

    /// <summary>The same, while calls wait here that may time out.</summary>
    public long BusySweepMs { get; init; } = 100;

    public bool NewProcessWhenLost { get; init; }

    /// <summary>
    /// The client uses no other node than the given ones: a Unix socket says who it is, and that holds on this machine only.
    /// </summary>
    public bool StaysAtGivenNodes { get; init; }
}
