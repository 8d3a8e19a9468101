using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>One line of a trace.</summary>
public sealed class IpcTraceEvent
{
    internal IpcTraceEvent(TraceEvent wire) => Wire = wire;

    /// <summary>What it tells.</summary>
    public IpcTraceEventKind What => Wire.WhatCase switch
    {
        TraceEvent.WhatOneofCase.Parked => IpcTraceEventKind.Parked,
        TraceEvent.WhatOneofCase.Completed => IpcTraceEventKind.Completed,
        TraceEvent.WhatOneofCase.Exited =>
            Wire.Exited.Expired ? IpcTraceEventKind.Expired : IpcTraceEventKind.Exited,
        TraceEvent.WhatOneofCase.NodeLost => IpcTraceEventKind.NodeLost,
        _ => IpcTraceEventKind.Dropped,
    };

    /// <summary>When, by the clock of the node that has the object.</summary>
    public DateTimeOffset Time => Instant(Wire.TimeUs);

    /// <summary>When the call arrived; null: before it was traced, or this is no call.</summary>
    public DateTimeOffset? StartTime => Traced is { StartUs: > 0 } call ? Instant(call.StartUs) : null;

    /// <summary>The process that called or exited; 0: none.</summary>
    public int Pid => Wire.Pid;

    /// <summary>The number of the call in its process.</summary>
    public ulong Seq => Wire.Seq;

    /// <summary>The kind of the object that was called; null: this is no call on an object itself.</summary>
    public IpcObjectKind? ObjectKind =>
        Wire.Target is { } target && Enum.IsDefined((IpcObjectKind)target.Kind) ? (IpcObjectKind)target.Kind : null;

    /// <summary>The id of the object that was called.</summary>
    public long ObjectId => Wire.Target?.Id ?? 0;

    /// <summary>The call: "msgsnd", "get"; empty if this is no call.</summary>
    public string Call => Traced is { Call: { } call } ? CallTraits.OperationOf(call).Name : "";

    /// <summary>The arguments of the call as JSON. Texts and arrays are cut to 32 bytes and elements.</summary>
    public string Arguments => Traced?.Call?.ToString() ?? "";

    /// <summary>The result of a completed call as JSON, cut in the same way.</summary>
    public string Result => Traced?.Result?.ToString() ?? "";

    /// <summary>The errno of a completed call; null: this is none.</summary>
    public Errno? Errno => Traced?.Result is { } result ? (Errno)result.Errno : null;

    /// <summary>How many events are missing.</summary>
    public ulong DroppedEvents => Wire.Dropped;

    /// <summary>The node that has left; empty: none.</summary>
    public string LostNode => Wire.NodeLost;

    /// <summary>As it came: for the strace format of the ipc tool.</summary>
    internal TraceEvent Wire { get; }

    private TracedCall? Traced => Wire.Completed ?? Wire.Parked;

    private static DateTimeOffset Instant(long us) => DateTimeOffset.UnixEpoch.AddMicroseconds(us);
}
