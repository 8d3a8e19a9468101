using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <summary>The semaphores of a set: values, last pids, and the adjustments of processes (semadj).</summary>
internal sealed class Semaphores(int count)
{
    private readonly Semaphore[] _all = new Semaphore[count];
    private FewMap<int, Dictionary<int, int>> _adjustments; // by pid, then by semaphore; never zero
    private Dictionary<int, int>? _scratch;

    /// <summary>sem_nsems.</summary>
    public int Count => _all.Length;

    /// <summary>The adjustments of each process that has used SEM_UNDO here, by semaphore.</summary>
    public IEnumerable<Dictionary<int, int>> Adjustments => _adjustments.Values;

    /// <summary>The revision of the last SETVAL or SETALL of a semaphore; 0: none.</summary>
    public ulong SetAt(int num) => _all[num].SetAt;

    /// <summary>semval.</summary>
    public int ValueOf(int num) => _all[num].Value;

    /// <summary>Whether a process has used SEM_UNDO here.</summary>
    public bool HasUndo(int pid) => _adjustments.ContainsKey(pid);

    /// <summary>sempid.</summary>
    public int PidOf(int num) => _all[num].Pid;

    /// <summary>Whether any value is zero.</summary>
    public bool HasZero => Array.Exists(_all, each => each.Value == 0);

    /// <summary>Whether operations change a value.</summary>
    public static bool Alters(RepeatedField<SemBuf> ops)
    {
        foreach (var op in ops)
        {
            if (op.Op != 0) return true;
        }

        return false;
    }

    /// <summary>
    /// Whether a process can perform operations now (perform_atomic_semop of ipc/sem.c). Each operation sees the values
    /// that the ones before it leave. The values are unchanged afterwards.
    /// </summary>
    public Verdict Try(int pid, RepeatedField<SemBuf> ops)
    {
        _scratch?.Clear();
        _adjustments.TryGetValue(pid, out var own);
        Verdict verdict = default;
        var at = 0;
        for (; at < ops.Count; at++)
        {
            verdict = Try(ops[at], at, own);
            if (!verdict.Performs) break;
        }

        while (at-- > 0) _all[ops[at].Num].Value -= ops[at].Op;
        return verdict;
    }

    private Verdict Try(SemBuf op, int at, Dictionary<int, int>? own)
    {
        var num = (int)op.Num;
        var before = _all[num].Value;
        var after = before + op.Op;
        if (op.Op == 0 ? before != 0 : after < 0)
            return (op.Flags & IpcFlags.IPC_NOWAIT) != 0 ? new Verdict(false, Errno.EAGAIN, at) : new(true, 0, at);
        if (after > Bounds.SemaphoreValue) return new Verdict(false, Errno.ERANGE, at);
        if ((op.Flags & IpcFlags.SEM_UNDO) != 0 && op.Op != 0)
        {
            var scratch = _scratch ??= [];
            if (!scratch.TryGetValue(num, out var adjustment)) own?.TryGetValue(num, out adjustment);
            adjustment -= op.Op;
            if (adjustment is > Bounds.SemaphoreValue or < -Bounds.SemaphoreValue - 1)
                return new Verdict(false, Errno.ERANGE, at);
            scratch[num] = adjustment;
        }

        _all[num].Value = after;
        return default;
    }

    /// <summary>Performs operations that a trial found possible.</summary>
    public void Perform(int pid, RepeatedField<SemBuf> ops)
    {
        foreach (var op in ops)
        {
            ref var semaphore = ref _all[op.Num];
            semaphore.Value += op.Op;
            semaphore.Pid = pid;
            if ((op.Flags & IpcFlags.SEM_UNDO) != 0) Adjust(pid, (int)op.Num, -op.Op);
        }
    }

    /// <summary>
    /// Remembers that a process has used SEM_UNDO, even if its adjustments are zero: its exit changes sem_otime.
    /// </summary>
    public void RememberUndo(int pid) => Adjust(pid, 0, 0);

    /// <summary>
    /// Adds operations without SEM_UNDO, whose result a process has not acknowledged, to what its exit undoes. A value
    /// that was set since then is left alone.
    /// </summary>
    public void TakeBack(int pid, RepeatedField<SemBuf> ops, ulong revision)
    {
        foreach (var op in ops)
        {
            if ((op.Flags & IpcFlags.SEM_UNDO) == 0 && _all[op.Num].SetAt < revision)
                Adjust(pid, (int)op.Num, -op.Op);
        }
    }

    /// <summary>Sets values from a semaphore on, and clears their adjustments in all processes.</summary>
    public void Set(int first, IReadOnlyList<uint> values, int pid, ulong revision)
    {
        for (var at = 0; at < values.Count; at++)
            _all[first + at] = new Semaphore { Value = (int)values[at], Pid = pid, SetAt = revision };
        foreach (var own in _adjustments.Values)
        {
            foreach (var num in own.Keys)
            {
                if (num >= first && num < first + values.Count) own.Remove(num);
            }
        }
    }

    /// <summary>
    /// Applies the adjustments of a process, as far as the values can go (exit_sem of ipc/sem.c). Returns the numbers
    /// of the adjusted semaphores, in order; null: the process never used SEM_UNDO.
    /// </summary>
    public List<int>? Undo(int pid)
    {
        if (!_adjustments.Remove(pid, out var own)) return null;
        foreach (var (num, adjustment) in own)
        {
            ref var semaphore = ref _all[num];
            semaphore.Value = Math.Clamp(semaphore.Value + adjustment, 0, Bounds.SemaphoreValue);
            semaphore.Pid = pid;
        }

        return [.. own.Keys.Order()];
    }

    private void Adjust(int pid, int num, int by)
    {
        if (!_adjustments.TryGetValue(pid, out var own)) _adjustments.TryAdd(pid, own = []);
        if (by == 0) return;
        var adjustment = own.GetValueOrDefault(num) + by;
        if (adjustment == 0) own.Remove(num);
        else own[num] = adjustment;
    }

    // ---- snapshot ----

    public void Save(SemaphoreSetState state)
    {
        for (var num = 0; num < _all.Length; num++)
        {
            var (value, pid, setAt) = (_all[num].Value, _all[num].Pid, _all[num].SetAt);
            if (value == 0 && pid == 0 && setAt == 0) continue;
            state.Semaphores.Add(
                new StoredSemaphore { Num = (uint)num, Value = (uint)value, Pid = pid, SetAt = setAt });
        }

        foreach (var (pid, own) in _adjustments.Entries.OrderBy(pair => pair.Key))
        {
            var stored = new StoredAdjustments { Pid = pid };
            foreach (var (num, adjustment) in own.OrderBy(pair => pair.Key))
            {
                stored.Nums.Add((uint)num);
                stored.Values.Add(adjustment);
            }

            state.Adjustments.Add(stored);
        }
    }

    public void Load(SemaphoreSetState state)
    {
        foreach (var stored in state.Semaphores)
        {
            _all[stored.Num] =
                new Semaphore { Value = (int)stored.Value, Pid = stored.Pid, SetAt = stored.SetAt };
        }

        foreach (var stored in state.Adjustments)
        {
            RememberUndo(stored.Pid);
            for (var at = 0; at < stored.Nums.Count; at++) Adjust(stored.Pid, (int)stored.Nums[at], stored.Values[at]);
        }
    }

    private struct Semaphore
    {
        public int Value;
        public int Pid;
        public ulong SetAt; // the revision of the last SETVAL or SETALL
    }
}
