using System.Diagnostics;
using Cluster.Actors.Metrics;
using Cluster.Actors.Spans;
using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Actors.Sessions;

/// <summary>Counts the calls of one session for its node, and makes their spans.</summary>
internal sealed class SessionMeter(NodeStats stats) : ISessionObserver
{
    private SessionSpans? _spans; // none until a call carries a trace
    private CallMeter.Batch _batch;
    private bool _isMetered;

    public long Passing(Target target, RepeatedField<Call> calls, bool resent)
    {
        if (CallSpans.HasListeners) SessionSpans.Begin(ref _spans, target, calls, resent);
        stats.AddCalls(calls.Count);
        return Stopwatch.GetTimestamp();
    }

    public void BeginResults(Target from, int count)
    {
        stats.AddResults(count);
        _isMetered = stats.CallMeter is not null;
        if (_isMetered) _batch = stats.CallMeter!.Begin(from);
    }

    public void Completed(Result result, SentCall? sent)
    {
        if (result.Errno == (int)Errno.ENOBUFS) stats.AddBound(Bound.Calls);
        if (_isMetered && sent is { } call) _batch.Add(call, result.Errno);
        _spans?.End(result);
    }

    public void EndResults()
    {
        if (_isMetered) _batch.Flush();
    }

    /// <summary>The session ends.</summary>
    public void End() => _spans?.EndAll();
}
