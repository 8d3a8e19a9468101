using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A part of a trace, in the order of time.</summary>
public sealed class IpcTraceFrame
{
    internal IpcTraceFrame(TraceFrame wire)
    {
        Wire = wire;
        Events = [.. wire.Events.Select(each => new IpcTraceEvent(each))];
    }

    /// <summary>
    /// The trace has begun, or begins again after the loss of a node: what happens from here on is seen.
    /// </summary>
    public bool Started => Wire.Started;

    /// <summary>What happened.</summary>
    public IReadOnlyList<IpcTraceEvent> Events { get; }

    /// <summary>The process has exited: this is the last part.</summary>
    public bool IsLast => Wire.End is not null;

    /// <summary>As it came: for the strace format of the ipc tool.</summary>
    internal TraceFrame Wire { get; }
}
