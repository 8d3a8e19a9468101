using System.Diagnostics;
using Cluster.Protocol;

namespace Cluster.Actors.Spans;

/// <summary>
/// The spans of the calls that one session has passed on. Made when the first call carries a trace.
/// </summary>
internal sealed class SessionSpans
{
    private readonly Dictionary<ulong, Activity> _open = [];

    /// <summary>Begins a span for each call that carries a trace, as the parent of the span of the object.</summary>
    /// <param name="spans">The spans of the session; made when they are needed.</param>
    /// <param name="target">The target of the calls.</param>
    /// <param name="calls">The calls.</param>
    /// <param name="resent">Whether some of them may have been sent before.</param>
    public static void Begin(ref SessionSpans? spans, Target target, IList<Call> calls, bool resent)
    {
        for (var i = 0; i < calls.Count; i++)
        {
            if (!calls[i].Trace.IsEmpty) calls[i] = (spans ??= new SessionSpans()).Begin(target, calls[i], resent);
        }
    }

    /// <summary>A result has come.</summary>
    public void End(Result result)
    {
        if (_open.Remove(result.Seq, out var span)) CallSpans.Stop(span, result.Errno);
    }

    /// <summary>The session ends: the results of its calls are seen elsewhere.</summary>
    public void EndAll()
    {
        foreach (var span in _open.Values)
        {
            span.SetTag("ipc.lost", true);
            CallSpans.Stop(span, null);
        }

        _open.Clear();
    }

    // A copy, because a client in this process may send its own call object again elsewhere.
    private Call Begin(Target target, Call call, bool resent)
    {
        if (!_open.TryGetValue(call.Seq, out var span))
        {
            span = CallSpans.StartBelow(ActivityKind.Server, target.Kind, target.Id, call);
            if (span is null) return call;
            if (resent) span.SetTag("ipc.resent", true);
            _open.Add(call.Seq, span);
        }

        var below = call.Clone();
        below.Trace = CallSpans.Write(span.Context);
        return below;
    }
}
