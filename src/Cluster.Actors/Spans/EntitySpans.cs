using System.Diagnostics;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Actors.Spans;

/// <summary>
/// The spans of the calls that one entity works on. A span lasts from the arrival of a call until its result leaves, so
/// it includes the write and the time for which the call is parked. Made when the first call carries a trace.
/// </summary>
/// <param name="key">The entity.</param>
/// <param name="machine">The machine, which knows the new and the parked calls.</param>
internal sealed class EntitySpans(EntityKey key, Machine machine)
{
    private readonly Dictionary<(int Pid, ulong Seq), Activity> _open = [];

    /// <summary>
    /// Calls have arrived and have not run yet. A call that arrives again while it is worked on keeps its span; a call
    /// that was completed before gets no second one.
    /// </summary>
    public void Arrived(Submit submit)
    {
        var pid = submit.Stamp.Pid;
        foreach (var call in submit.Calls)
        {
            // A bound, because the results of calls whose process has ended are never seen.
            if (_open.Count >= Bounds.CallsPerProcess) return;
            if (call.Trace.IsEmpty || _open.ContainsKey((pid, call.Seq))) continue;
            var isParked = machine.Waiters.TryGet(pid, call.Seq, out _);
            if (!isParked && !machine.IsNew(submit, call.Seq)) continue;
            if (CallSpans.StartBelow(ActivityKind.Internal, key.Kind, key.Id, call) is not { } span) continue;
            // An earlier incarnation of the entity parked the call, and its span ended with it.
            if (isParked) span.SetTag("ipc.resumed", true);
            _open.Add((pid, call.Seq), span);
        }
    }

    /// <summary>These calls have run, or are parked now.</summary>
    public void Ran(Submit submit)
    {
        if (_open.Count == 0) return;
        foreach (var call in submit.Calls)
        {
            var name = (submit.Stamp.Pid, call.Seq);
            if (!machine.Waiters.TryGet(name.Pid, name.Seq, out _) || !_open.TryGetValue(name, out var span)) continue;
            if (!span.Events.Any()) span.AddEvent(new ActivityEvent("parked"));
        }
    }

    /// <summary>Results leave.</summary>
    public void Completed(IReadOnlyList<(int Pid, Result Result)> results)
    {
        if (_open.Count == 0) return;
        foreach (var (pid, result) in results)
        {
            if (_open.Remove((pid, result.Seq), out var span)) CallSpans.Stop(span, result.Errno);
        }
    }

    /// <summary>The entity leaves this node: the results of its calls are seen elsewhere.</summary>
    public void EndAll()
    {
        foreach (var span in _open.Values)
        {
            span.SetTag("ipc.lost", true);
            CallSpans.Stop(span, null);
        }

        _open.Clear();
    }
}
