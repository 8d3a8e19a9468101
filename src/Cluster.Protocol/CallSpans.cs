using System.Diagnostics;
using Google.Protobuf;

namespace Cluster.Protocol;

/// <summary>
/// Spans of calls, for OpenTelemetry: one where the client waits, one in the gateway's session, one in the object.
/// Without a listener to <see cref="SourceName"/> there are none, and nothing travels.
/// </summary>
/// <remarks>
/// A call's spans begin and end on threads that serve other calls too, so none of them is ever the current activity.
/// </remarks>
public static class CallSpans
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "Cluster.Ipc";

    private const int TraceBytes = 16;
    private const int SpanBytes = 8;
    private const int ContextBytes = TraceBytes + SpanBytes + 1;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody wants spans.</summary>
    public static bool HasListeners => Source.HasListeners();

    /// <summary>The client's span: below the current activity, if there is one.</summary>
    public static Activity? StartClient(Target target, Call call) =>
        Start(ActivityKind.Client, target.Kind, target.Id, call, Activity.Current?.Context ?? default);

    /// <summary>A span below the one whose context the call carries; null: it carries none.</summary>
    public static Activity? StartBelow(ActivityKind kind, Kind of, long id, Call call) =>
        TryRead(call.Trace, out var parent) ? Start(kind, of, id, call, parent) : null;

    /// <summary>Ends a span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="errno">What the call came to; null: it is not known here.</param>
    public static void Stop(Activity span, int? errno)
    {
        if (errno is { } known)
        {
            span.SetTag("ipc.errno", known);
            if (known != 0) span.SetStatus(ActivityStatusCode.Error, ((Errno)known).ToString());
        }

        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }

    /// <summary>What a call carries: the trace's id, the span's id and the flags.</summary>
    public static ByteString Write(ActivityContext context)
    {
        var bytes = new byte[ContextBytes];
        context.TraceId.CopyTo(bytes.AsSpan(0, TraceBytes));
        context.SpanId.CopyTo(bytes.AsSpan(TraceBytes, SpanBytes));
        bytes[^1] = (byte)context.TraceFlags;
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private static bool TryRead(ByteString carried, out ActivityContext context)
    {
        context = default;
        // A client may write what it likes.
        if (carried.Length != ContextBytes) return false;
        var bytes = carried.Span;
        context = new ActivityContext(
            ActivityTraceId.CreateFromBytes(bytes[..TraceBytes]),
            ActivitySpanId.CreateFromBytes(bytes.Slice(TraceBytes, SpanBytes)),
            (ActivityTraceFlags)bytes[^1],
            isRemote: true);
        return true;
    }

    private static Activity? Start(ActivityKind kind, Kind of, long id, Call call, ActivityContext parent)
    {
        var current = Activity.Current;
        // Else an activity of whoever runs on this thread would be the parent of a call that has none.
        Activity.Current = null;
        var span = Source.StartActivity(CallTraits.OperationOf(call).Name, kind, parent);
        Activity.Current = current;
        if (span is null) return null;
        span.SetTag("ipc.kind", of.ToString());
        span.SetTag("ipc.id", id);
        span.SetTag("ipc.seq", (long)call.Seq);
        return span;
    }
}
