using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <content>Which calls are served when values have changed: do_smart_update of ipc/sem.c.</content>
public sealed partial class SemaphoreSet
{
    // The largest number of callers of one process to which one completion passes a lock on.
    private const int Heirs = 1_024;

    /// <summary>Serves after operations. What they changed is known.</summary>
    private void ServeAfter(RepeatedField<SemBuf> ops)
    {
        if (Waiters.Count == 0) return;
        var isOneLine = _arrays > 0; // until the end of this method, even if the last array is served meanwhile
        ServeZeros(ops);
        if (isOneLine)
        {
            ServeLine([.. ops.Select(op => (int)op.Num)]);
            return;
        }

        foreach (var op in ops)
        {
            if (op.Op > 0) ServeTakers((int)op.Num);
        }
    }

    /// <summary>Serves after semctl and exits, when Linux looks at the whole set.</summary>
    /// <param name="changed">The numbers of the changed semaphores, ascending.</param>
    private void ServeAfter(IEnumerable<int> changed)
    {
        if (Waiters.Count == 0) return;
        var isOneLine = _arrays > 0;
        int[] nums = [.. changed];
        foreach (var num in nums) ServeForZero(num);
        if (_lines.ZeroArrays.Count > 0 && _semaphores.HasZero) ServeZeroArrays();
        if (isOneLine)
        {
            ServeLine([.. nums]);
            return;
        }

        foreach (var num in nums) ServeTakers(num);
    }

    private void ServeZeros(RepeatedField<SemBuf> ops)
    {
        var hasZero = false;
        foreach (var op in ops)
        {
            if (_semaphores.ValueOf((int)op.Num) != 0) continue;
            hasZero = true;
            ServeForZero((int)op.Num);
        }

        if (hasZero && _lines.ZeroArrays.Count > 0) ServeZeroArrays();
    }

    private void ServeForZero(int num)
    {
        while (_semaphores.ValueOf(num) == 0 && _lines.FirstForZero(num) is { } operation)
            Serve(operation, _semaphores.Try(operation.Pid, operation.Ops));
    }

    private void ServeZeroArrays()
    {
        Operation[] arrays = [.. _lines.ZeroArrays];
        foreach (var array in arrays)
        {
            if (_semaphores.Try(array.Pid, array.Ops) is { Waits: false } verdict) Serve(array, verdict);
        }
    }

    /// <summary>While no array waits: serves the calls that decrease one semaphore.</summary>
    private void ServeTakers(int num)
    {
        while (_lines.FirstTaker(num, _semaphores.ValueOf(num)) is { } operation)
        {
            if (Serve(operation, _semaphores.Try(operation.Pid, operation.Ops))) ServeZeros(operation.Ops);
        }
    }

    /// <summary>
    /// While an array waits: serves the one line of the set. A single operation can be performed only if its semaphore
    /// has changed, so only changed semaphores are looked at. All arrays are tried.
    /// </summary>
    private void ServeLine(HashSet<int> changed)
    {
        while (FirstInLine(changed) is { } first)
        {
            if (!Serve(first, _semaphores.Try(first.Pid, first.Ops))) continue;
            ServeZeros(first.Ops);
            foreach (var op in first.Ops) changed.Add((int)op.Num);
        }
    }

    private Operation? FirstInLine(HashSet<int> changed)
    {
        Operation? first = null;
        foreach (var num in changed)
        {
            var taker = _lines.FirstTaker(num, _semaphores.ValueOf(num));
            first = OperationLines.Earlier(first, taker, _mergeTicket);
        }

        foreach (var array in _lines.Arrays)
        {
            if (_semaphores.Try(array.Pid, array.Ops).Waits) continue;
            return OperationLines.Earlier(first, array, _mergeTicket);
        }

        return first;
    }

    /// <summary>Ends a wait as the verdict says. Returns whether the operations were performed.</summary>
    private bool Serve(Operation operation, Verdict verdict)
    {
        var (pid, seq) = (operation.Pid, operation.Seq);
        if (verdict.Waits) throw new InvalidOperationException($"call {pid}.{seq} cannot be served");
        if (verdict.Errno != Errno.None)
        {
            FailRecorded(pid, seq, verdict.Errno);
            return false;
        }

        var isAway = operation.Presence != Presence.Connected;
        var heirs = isAway ? [] : HeirsOf(operation);
        EndDone(new ParkedOperationDone { Pid = pid, Seq = seq, TimeMs = WallMs, Away = isAway }, heirs, 0);
        for (var at = 0; at < heirs.Count; at++)
        {
            var heir = new ParkedOperationDone { Pid = pid, Seq = heirs[at].Seq, TimeMs = WallMs };
            heir.After = at == 0 ? seq : heirs[at - 1].Seq;
            EndDone(heir, heirs, at + 1);
        }

        return true;
    }

    private void EndDone(ParkedOperationDone done, List<Operation> heirs, int next)
    {
        if (next < heirs.Count) done.Next = heirs[next].Seq;
        Emit(new Event { ParkedOperationDone = done });
        Release(done.Pid, done.Seq);
    }

    /// <summary>
    /// The waiting calls of the same process that may get the lock directly from its holder. If each of them released
    /// the lock at once, the set would serve them one after the other: no call of another process stands between them,
    /// and none waits for a zero.
    /// </summary>
    private List<Operation> HeirsOf(Operation holder)
    {
        var heirs = new List<Operation>();
        if (!holder.PassesLock) return heirs;
        var num = holder.Ops[0].Num;
        if (_lines.FirstForZero((int)num) is not null || _lines.ZeroArrays.Count > 0) return heirs;
        foreach (var array in _lines.Arrays)
        {
            if (array == holder || !array.Ops.Any(op => op.Num == num)) continue;
            var follows = array is { PassesLock: true, DeadlineMs: 0, Presence: Presence.Connected }
                && array.Pid == holder.Pid && heirs.Count < Heirs;
            if (!follows) break;
            heirs.Add(array);
        }

        return heirs;
    }

    // ---- callers that come and go ----

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (before != Presence.PassedOver || waiter is not Operation operation) return;
        _lines.Add(operation);
        if (_semaphores.Try(operation.Pid, operation.Ops) is not { Waits: false } verdict) return;
        if (Serve(operation, verdict) && operation.Alters) ServeAfter(operation.Ops);
    }

    protected override void OnPassedOver(Waiter waiter)
    {
        if (waiter is Operation operation) _lines.Remove(operation);
    }

    protected override void AfterWaitersRemoved()
    {
        if (_undone is not { } undone) return;
        _undone = null;
        ServeAfter(undone);
    }

    protected override void OnRecovered()
    {
        _undone = null;

        // A waiting call that can be performed had been passed over. No session is connected after a recovery, so each
        // caller has its turn again.
        ServeAfter(Enumerable.Range(0, _semaphores.Count));
    }
}
