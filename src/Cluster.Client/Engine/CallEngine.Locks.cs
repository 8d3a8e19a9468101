using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Locks that the process passes on among its own callers. The set has answered a row of its calls at once: the first
/// has the lock, and each other one gets it after the one before it. So most hand-overs need neither the network nor a
/// write, while the set's order is kept: it has put into the row only calls that nobody stood between.
/// </summary>
internal sealed partial class CallEngine
{
    // Calls whose turn has not come, or whose caller has gone since: then only whom to pass on to is left.
    private readonly Dictionary<ulong, Heir> _heirs = [];
    private readonly List<EngineCall> _inheritedInDoubt = [];

    // Calls that an answer in hand names as the next, and that have not been passed the lock yet.
    private readonly HashSet<ulong> _promised = [];

    private sealed record Heir(EngineCall? Call, Result Result);

    /// <summary>A result says that its call comes after another one; whether it is kept until then.</summary>
    private bool IsKept(EngineCall call, Result result)
    {
        if (result.Errno != 0)
            return false;
        if (result.Next != 0)
            _promised.Add(result.Next);
        if (result.After == 0 || call.Inherits)
            return false;
        if (!_promised.Contains(result.Seq) && !_calls.ContainsKey(result.After))
        {
            // The one before has failed, since the set is gone, and has not said who was before that.
            Complete(call, new Result { Seq = result.Seq, Errno = (int)Errno.EIDRM }, null);
            Orphan(result.Next, Errno.EIDRM);
            return true;
        }

        if (call.CancelRequested)
        {
            _heirs.Add(result.Seq, new Heir(null, result));
            Complete(call, Interrupted(result.Seq), null);
            return true;
        }

        call.Stage = CallStage.Inheriting;
        _heirs.Add(result.Seq, new Heir(call, result));
        return true;
    }

    /// <summary>Gives a lock to the call that the set has named, or the next after it; false: there is none.</summary>
    private bool PassOn(ulong seq, long nowMs)
    {
        while (seq != 0)
        {
            _promised.Remove(seq);
            if (!_heirs.Remove(seq, out var heir))
            {
                // The answer, which says only what is known here already, is still under way.
                if (_calls.TryGetValue(seq, out var outstanding))
                    outstanding.Inherits = true;
                return outstanding is not null;
            }

            if (heir.Call is { } call)
            {
                Inherit(call, heir.Result, nowMs);
                return true;
            }

            seq = heir.Result.Next;
        }

        return false;
    }

    /// <summary>
    /// A call of the row has failed, since the set is gone: who stands behind it moves up, or fails too if nobody is
    /// known to stand before it.
    /// </summary>
    private void Bypass(EngineCall failed)
    {
        var next = _heirs.Values.FirstOrDefault(heir => heir.Result.After == failed.Seq)?.Result.Seq ?? 0;
        if (next == 0)
            return;
        if (failed.Inherits)
        {
            PassOn(next, failed.StartedMs);
        }
        else if (_promised.Contains(failed.Seq))
        {
            _heirs.Add(failed.Seq, new Heir(null, new Result { Next = next }));
            _promised.Add(next);
        }
        else
        {
            Orphan(next, (Errno)failed.Result!.Errno);
        }
    }

    /// <summary>Nobody can pass the lock on to this call any more, nor to those behind it.</summary>
    private void Orphan(ulong seq, Errno errno)
    {
        while (seq != 0)
        {
            _promised.Remove(seq);
            if (!_heirs.Remove(seq, out var heir))
                return; // when its answer comes, the one before is gone
            if (heir.Call is { } call)
                Complete(call, new Result { Seq = seq, Errno = (int)errno }, null);
            seq = heir.Result.Next;
        }
    }

    private void Inherit(EngineCall call, Result result, long nowMs)
    {
        if (!IsInDoubt(nowMs))
        {
            Complete(call, result, null);
            return;
        }

        // The lock may be somebody else's by now, if the process has been taken for dead: that is asked first.
        call.Result = result;
        _inheritedInDoubt.Add(call);
        if (_default is not { } stream)
            return;
        stream.SignDue = true;
        Wake(stream);
    }

    private void SettleInherited()
    {
        foreach (var call in _inheritedInDoubt)
            Complete(call, call.Result, null);
        _inheritedInDoubt.Clear();
    }

    /// <summary>The caller does not want the lock any more when its turn comes.</summary>
    private void Disinherit(EngineCall call)
    {
        if (!_heirs.TryGetValue(call.Seq, out var heir) || heir.Call != call)
            return; // its turn has come
        _heirs[call.Seq] = new Heir(null, heir.Result);
        Complete(call, Interrupted(call.Seq), null);
    }

    private void DisinheritAll()
    {
        foreach (var heir in _heirs.Values.ToArray())
        {
            if (heir.Call is { } call)
                Disinherit(call);
        }
    }

    private void FailHeirs(EngineFailure failure)
    {
        foreach (var heir in _heirs.Values)
        {
            if (heir.Call is { } call)
                Complete(call, null, failure);
        }

        foreach (var call in _inheritedInDoubt)
            Complete(call, null, failure);
        _heirs.Clear();
        _promised.Clear();
        _inheritedInDoubt.Clear();
    }

    private static Result Interrupted(ulong seq) => new() { Seq = seq, Errno = (int)Errno.EINTR };
}
