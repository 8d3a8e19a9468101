using Cluster.Core.Entities;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Sessions;

/// <content>
/// The way of calls to their entities. A call that may leave something in an object waits until the object is registered
/// with the process. A call that reaches no entity gets its result here.
/// </content>
public sealed partial class SessionCore
{
    private bool Pass(ulong ack, TargetCalls calls)
    {
        var target = calls.Target;
        var errno = FindKey(target, out var key);
        if (errno == Errno.EPROTO)
        {
            Leave(Errno.EPROTO, $"there is no kind {(int)target.Kind} that a client may call");
            return false;
        }

        var at = _observer?.Passing(target, calls.Calls, calls.Resent) ?? 0;
        foreach (var call in calls.Calls) Expect(target, call, at);
        if (_unanswered.Count > Bounds.CallsPerProcess)
        {
            Leave(Errno.ENOBUFS, $"more than {Bounds.CallsPerProcess} calls are unanswered", retry: true);
            return false;
        }

        var submit = new Submit
        {
            To = key, Stamp = _stamp, Ack = Math.Max(ack, calls.Ack), Resent = calls.Resent, Route = calls.Route,
            After = calls.After,
        };
        submit.Pending.AddRange(calls.Pending);
        submit.Calls.AddRange(calls.Calls);
        foreach (var seq in calls.Cancels)
        {
            if (IsUnanswered(target, seq)) submit.Cancels.Add(seq);
            else _strayCancels++;
        }

        if (_strayCancels > Bounds.CallsPerFrame)
        {
            Leave(Errno.EPROTO, $"more than {Bounds.CallsPerFrame} cancels are of calls that never were");
            return false;
        }

        if (errno != Errno.None) Write(new ServerFrame { Results = { FailCalls(target, submit, errno) } });
        else if (_touched.Contains(target) || key.Equals(_process)) _outputs.Enqueue(submit);
        else if (_untouched.TryGetValue(target, out var waiting)) Hold(waiting, submit);
        else if (LeavesTraces(submit)) Touch(target, submit);
        else _outputs.Enqueue(submit);
        return true;
    }

    private static string? WhyNot(TargetCalls calls)
    {
        if (calls.Target is null) return "calls need a target";
        if (calls.Calls.Count > Bounds.CallsPerFrame || calls.Cancels.Count > Bounds.CallsPerFrame
            || calls.Pending.Count > Bounds.PendingPerTarget)
            return $"a frame may have {Bounds.CallsPerFrame} calls for one target, "
                + $"and {Bounds.PendingPerTarget} that are pending";
        if (calls.Calls.Any(call => !IsSeq(call.Seq)) || calls.Cancels.Any(seq => !IsSeq(seq)))
            return $"the seq of a call has to be 1 to {ulong.MaxValue - 1}";
        return null;
    }

    // 0 means "no call". ulong.MaxValue could never be acknowledged, so its ledger entry would stay for ever.
    private static bool IsSeq(ulong seq) => seq is not (0 or ulong.MaxValue);

    private void Touch(Target target, Submit first)
    {
        List<Submit> submits = [];
        _untouched.Add(target, submits);
        Hold(submits, first);
        var touch = new Request { To = _process, TouchEntities = new TouchEntities { Keys = { first.To } } };
        _requests.Send(touch, _nowMs, reply =>
        {
            if (!_untouched.Remove(target, out var waiting)) return;
            Unhold(waiting);
            if (reply.Errno == (int)Errno.ESRCH)
            {
                foreach (var submit in waiting) FailCalls(target, submit, Errno.ESRCH);
                Leave(Errno.ESRCH, "the process has exited");
                return;
            }

            if (reply.Errno == 0) _touched.Add(target);
            foreach (var submit in waiting)
            {
                if (reply.Errno == 0) _outputs.Enqueue(submit);
                else Write(new ServerFrame { Results = { FailCalls(target, submit, (Errno)reply.Errno) } });
            }

            PassHeld();
        });
    }

    // These calls never reach an entity. The observer counts them as failed calls.
    private TargetResults FailCalls(Target target, Submit submit, Errno errno)
    {
        var failed = new TargetResults { Target = target };
        foreach (var call in submit.Calls) failed.Results.Add(new Result { Seq = call.Seq, Errno = (int)errno });
        Settle(target, failed.Results);
        return failed;
    }

    private void Settle(Target from, RepeatedField<Result> results)
    {
        if (_observer is null)
        {
            for (var i = 0; i < results.Count; i++) Answered(results[i].Seq);
            return;
        }

        _observer.BeginResults(from, results.Count);
        for (var i = 0; i < results.Count; i++)
        {
            _observer.Completed(results[i], Answered(results[i].Seq));
        }

        _observer.EndResults();
    }

    private Errno FindKey(Target target, out EntityKey key)
    {
        if (_keys.TryGetValue(target, out key!)) return Errno.None;
        var errno = ClientTargets.Find(target, _stamp, out key);
        if (errno != Errno.None) return errno;
        if (_keys.Count >= 2 * Bounds.ObjectsPerProcess) _keys.Clear();
        _keys[target] = key;
        return Errno.None;
    }

    // Whether an entity may keep something of the process after these calls, so that it has to hear of the exit.
    private static bool LeavesTraces(Submit submit)
    {
        if (submit.Cancels.Count > 0) return true;
        foreach (var call in submit.Calls)
        {
            if (!CallTraits.ReadsOnly(call)) return true;
        }

        return false;
    }
}
