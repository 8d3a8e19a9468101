using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>
/// Locks that the process passes on among its own callers. The set answers a row of calls at once: the first call has
/// the lock, and each other call gets it after the call before it. So most hand-overs need neither the network nor a
/// write. The order of the set is kept: a row has only calls of this process that no other process waited between.
/// </summary>
internal sealed partial class CallEngine
{
    // Calls of rows whose turn has not come. Without a call: its caller was cancelled, and only its successor counts.
    private readonly Dictionary<ulong, InRow> _row = [];
    private readonly List<EngineCall> _lockedInDoubt = [];

    // Calls that a result in hand names as the next, and that have not been passed the lock yet.
    private readonly HashSet<ulong> _promised = [];

    private sealed record InRow(EngineCall? Call, Result Result);

    /// <summary>
    /// Whether a result is kept back, because it says that its call gets the lock after another call.
    /// </summary>
    private bool IsKeptBack(EngineCall call, Result result)
    {
        if (result.Errno != 0)
            return false;
        if (result.Next != 0)
            _promised.Add(result.Next);
        if (result.After == 0 || call.HasLock)
            return false;
        if (!_promised.Contains(result.Seq) && !_calls.ContainsKey(result.After))
        {
            // The predecessor failed because the set was removed, and did not name its own predecessor.
            Complete(call, new Result { Seq = result.Seq, Errno = (int)Errno.EIDRM }, null);
            FailRow(result.Next, Errno.EIDRM);
            return true;
        }

        if (call.CancelRequested)
        {
            _row.Add(result.Seq, new InRow(null, result));
            Complete(call, Interrupted(result.Seq), null);
            return true;
        }

        call.Stage = CallStage.AwaitingLock;
        _row.Add(result.Seq, new InRow(call, result));
        return true;
    }

    /// <summary>
    /// Gives a lock to the call that the set has named, or to the next one after it. False: there is none.
    /// </summary>
    private bool PassOn(ulong seq, long nowMs)
    {
        while (seq != 0)
        {
            _promised.Remove(seq);
            if (!_row.Remove(seq, out var entry))
            {
                // Its result is still under way, and will say nothing that is not known here.
                if (_calls.TryGetValue(seq, out var outstanding))
                    outstanding.HasLock = true;
                return outstanding is not null;
            }

            if (entry.Call is { } call)
            {
                TakeLock(call, entry.Result, nowMs);
                return true;
            }

            seq = entry.Result.Next;
        }

        return false;
    }

    /// <summary>
    /// A call of a row has failed because the set was removed. The call behind it moves up, or fails too if no call is
    /// known to be before it.
    /// </summary>
    private void SkipFailed(EngineCall failed)
    {
        var next = _row.Values.FirstOrDefault(entry => entry.Result.After == failed.Seq)?.Result.Seq ?? 0;
        if (next == 0)
            return;
        if (failed.HasLock)
        {
            PassOn(next, failed.StartedMs);
        }
        else if (_promised.Contains(failed.Seq))
        {
            _row.Add(failed.Seq, new InRow(null, new Result { Next = next }));
            _promised.Add(next);
        }
        else
        {
            FailRow(next, (Errno)failed.Result!.Errno);
        }
    }

    /// <summary>Fails a call that no other call can pass the lock to any more, and the calls behind it.</summary>
    private void FailRow(ulong seq, Errno errno)
    {
        while (seq != 0)
        {
            _promised.Remove(seq);
            if (!_row.Remove(seq, out var entry))
                return; // its result is still to come, and finds no predecessor
            if (entry.Call is { } call)
                Complete(call, new Result { Seq = seq, Errno = (int)errno }, null);
            seq = entry.Result.Next;
        }
    }

    private void TakeLock(EngineCall call, Result result, long nowMs)
    {
        if (!IsInDoubt(nowMs))
        {
            Complete(call, result, null);
            return;
        }

        // If the process has been ended, another process may have the lock: ask first.
        call.Result = result;
        _lockedInDoubt.Add(call);
        if (_default is not { } stream)
            return;
        stream.SignDue = true;
        Wake(stream);
    }

    private void CompleteLocked()
    {
        foreach (var call in _lockedInDoubt)
            Complete(call, call.Result, null);
        _lockedInDoubt.Clear();
    }

    /// <summary>The caller no longer wants the lock when its turn comes.</summary>
    private void LeaveRow(EngineCall call)
    {
        if (!_row.TryGetValue(call.Seq, out var entry) || entry.Call != call)
            return; // it has the lock already
        _row[call.Seq] = new InRow(null, entry.Result);
        Complete(call, Interrupted(call.Seq), null);
    }

    private void LeaveAllRows()
    {
        foreach (var entry in _row.Values.ToArray())
        {
            if (entry.Call is { } call)
                LeaveRow(call);
        }
    }

    private void FailRows(EngineFailure failure)
    {
        foreach (var entry in _row.Values)
        {
            if (entry.Call is { } call)
                Complete(call, null, failure);
        }

        foreach (var call in _lockedInDoubt)
            Complete(call, null, failure);
        _row.Clear();
        _promised.Clear();
        _lockedInDoubt.Clear();
    }

    private static Result Interrupted(ulong seq) => new() { Seq = seq, Errno = (int)Errno.EINTR };
}
