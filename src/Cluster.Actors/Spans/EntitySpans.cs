using System.Diagnostics;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Actors.Spans;

/// <summary>
/// The spans of the calls that one entity works on: from the arrival of a call to the moment when its result leaves, so
/// with the write, and with the time for which it is parked. There only once a call has carried a trace.
/// </summary>
/// <param name="key">The entity.</param>
/// <param name="machine">Knows which calls are new, and which are parked.</param>
internal sealed class EntitySpans(EntityKey key, Machine machine)
{
    private readonly Dictionary<(int Pid, ulong Seq), Activity> _open = [];

    /// <summary>
    /// Calls have come, and have not run yet. One that comes again while it is worked on goes on in its span; one that
    /// was completed before has had it.
    /// </summary>
    public void Arrived(Submit submit)
    {
        var pid = submit.Stamp.Pid;
        foreach (var call in submit.Calls)
        {
            // Those whose results are never seen, because their process has ended meanwhile, must not pile up.
            if (_open.Count >= Bounds.CallsPerProcess) return;
            if (call.Trace.IsEmpty || _open.ContainsKey((pid, call.Seq))) continue;
            var isParked = machine.Waiters.TryGet(pid, call.Seq, out _);
            if (!isParked && !machine.IsNew(submit, call.Seq)) continue;
            if (CallSpans.StartBelow(ActivityKind.Internal, key.Kind, key.Id, call) is not { } span) continue;
            // Parked by an earlier life of the entity, which has taken its span with it.
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

    /// <summary>The entity leaves this node: what becomes of the calls is seen elsewhere.</summary>
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
