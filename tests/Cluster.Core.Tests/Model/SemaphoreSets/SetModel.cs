using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>
/// A semaphore set as semop(2), semctl(2) and ipc/sem.c describe it: with the lists that Linux has, which are merged
/// and taken apart as Linux does it, and with nothing taken from the real one. What each call comes to is added to
/// <see cref="Out"/> as "pid.seq outcome", in order.
/// </summary>
public sealed partial class SetModel(Permissions permissions, int count, long createdMs) : IObjectModel
{
    private const int NoWait = 0x800, Undo = 0x1000, Highest = 32_767;

    private sealed class Wait
    {
        public required (int Pid, ulong Seq) Id;
        public required SemBuf[] Ops;
        public required long Deadline;
        public required long Order;
        public SemBuf Blocking = new();
        public long? AwaySince;
        public bool PassedOver;

        public bool Alters => Ops.Any(op => op.Op != 0);
    }

    private readonly int[] _values = new int[count], _pids = new int[count];
    private readonly List<Wait>[] _alter = [.. Enumerable.Range(0, count).Select(_ => new List<Wait>())];
    private readonly List<Wait>[] _const = [.. Enumerable.Range(0, count).Select(_ => new List<Wait>())];
    private readonly List<Wait> _globalAlter = [], _globalConst = [];
    private readonly List<Wait> _waits = [];
    private readonly Dictionary<int, int[]> _semadj = [];
    private readonly Dictionary<(int Pid, ulong Seq), (string Outcome, int?[]? Back)> _done = [];
    private readonly Dictionary<int, ulong> _acks = [];
    private readonly HashSet<int> _dead = [];
    private readonly Permissions _permissions = permissions.Clone();
    private long _order, _otime, _ctime = createdMs;
    private bool _removed;

    public List<string> Out { get; } = [];

    public IReadOnlyCollection<(int Pid, ulong Seq)> Waiting => [.. _waits.Select(wait => wait.Id)];

    private int Arrays => _waits.Count(wait => wait.Ops.Length > 1);

    // ---- inputs ----

    public void Submit(int pid, ulong seq, ulong ack, Credentials who, Limits limits, Call call, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        var id = (pid, seq);
        if (_done.TryGetValue(id, out var done)) Out.Add($"{pid}.{seq} {done.Outcome}");
        else if (_waits.Find(wait => wait.Id == id) is { } wait) Back(wait, now);
        else if (_removed) Out.Add($"{pid}.{seq} EINVAL");
        else if (call.Semop is { } semop) Operate(id, who, limits, [.. semop.Ops], call, now);
        else if (call.Semsetval is { } one) SetValue(id, who, one, now);
        else if (call.Semsetall is { } all) SetAll(id, who, [.. all.Values], now);
        else if (call.Semset is { } set) Set(id, who, set, now);
        else if (call.Semstat is { } stat) Out.Add($"{pid}.{seq} {(stat.Any || May(who, 4) ? Stat() : "EACCES")}");
        else Out.Add($"{pid}.{seq} {Query(who, call.Semquery)}");
        Unmerge();
    }

    public void Cancel(int pid, ulong seq, ulong ack, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        if (_done.TryGetValue((pid, seq), out var done)) Out.Add($"{pid}.{seq} {done.Outcome}");
        else if (_waits.Find(wait => wait.Id == (pid, seq)) is { } wait) End(wait, "EINTR");
        else Done((pid, seq), "EINTR");
        Unmerge();
    }

    public void Exit(int pid, ulong ack, long now)
    {
        if (!_dead.Add(pid)) return;
        foreach (var wait in _waits.Where(wait => wait.Id.Pid == pid).ToArray()) Unlink(wait);
        Unmerge();
        foreach (var (id, done) in _done.Where(pair => pair.Key.Pid == pid).ToArray())
        {
            _done.Remove(id);
            if (id.Seq < ack || done.Back is not { } back || _removed) continue;
            for (var num = 0; num < count; num++) if (back[num] is { } by) Adjustments(pid)[num] += by;
        }

        if (!_semadj.Remove(pid, out var semadj) || _removed) return;
        for (var num = 0; num < count; num++)
        {
            if (semadj[num] == 0) continue;
            _values[num] = Math.Clamp(_values[num] + semadj[num], 0, Highest);
            _pids[num] = pid;
        }

        _otime = now;
        Update(null, now);
        Unmerge();
    }

    public void Disconnect(int pid, long now)
    {
        foreach (var wait in _waits.Where(wait => wait.Id.Pid == pid && !wait.PassedOver)) wait.AwaySince ??= now;
    }

    public void Tick(long now)
    {
        while (_waits.Where(wait => wait.Deadline != 0 && wait.Deadline <= now)
                   .MinBy(wait => (wait.Deadline, wait.Order)) is { } late)
        {
            End(late, "EAGAIN");
            Unmerge();
        }

        foreach (var wait in _waits.Where(wait => wait.AwaySince <= now - 5000))
            (wait.AwaySince, wait.PassedOver) = (null, true);
    }

    public void Remove()
    {
        foreach (var wait in _waits.OrderBy(wait => wait.Order).ToArray()) End(wait, "EIDRM");
        _semadj.Clear();
        _removed = true;
    }

    /// <summary>The node is lost: no process is connected, and every waiter has its turn again.</summary>
    public void Crash(long now)
    {
        foreach (var wait in _waits) (wait.AwaySince, wait.PassedOver) = (now, false);
        if (!_removed) Update(null, now, isCrash: true);
        Unmerge();
    }

    // ---- semop ----

    private void Operate((int Pid, ulong Seq) id, Credentials who, Limits limits, SemBuf[] ops, Call call, long now)
    {
        var deadline = call.HasTimeoutMs ? now + call.TimeoutMs : 0;
        var wait = new Wait { Id = id, Ops = ops, Deadline = deadline, Order = ++_order };
        if (ops.Length > limits.Semopm) Done(id, "E2BIG");
        else if (ops.Length < 1 || call.TimeoutMs < 0) Out.Add($"{id.Pid}.{id.Seq} EINVAL");
        else Operate(wait, who, call, now);
    }

    private void Operate(Wait wait, Credentials who, Call call, long now)
    {
        var (id, ops) = (wait.Id, wait.Ops);
        if (ops.Any(op => (op.Flags & Undo) != 0)) Adjustments(id.Pid);
        if (ops.Any(op => op.Num >= count)) Done(id, "EFBIG");
        else if (!May(who, wait.Alters ? 2 : 4)) Done(id, "EACCES");
        else if (Perform(wait, now) is { } outcome)
        {
            Done(id, outcome);
            if (outcome == "ok" && wait.Alters) Update(ops, now);
        }
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Done(id, "EAGAIN");
        else Park(wait);
    }

    private void Park(Wait wait)
    {
        var num = (int)wait.Ops[0].Num;
        if (wait.Ops.Length > 1)
        {
            if (Arrays == 0) Merge();
            (wait.Alters ? _globalAlter : _globalConst).Add(wait);
        }
        else if (!wait.Alters) _const[num].Add(wait);
        else if (Arrays > 0) _globalAlter.Add(wait);
        else _alter[num].Add(wait);
        _waits.Add(wait);
    }

    /// <summary>perform_atomic_semop: null if it has to wait.</summary>
    private string? Perform(Wait wait, long now, bool dry = false)
    {
        var values = (int[])_values.Clone();
        var uses = wait.Ops.Any(op => (op.Flags & Undo) != 0);
        var semadj = _semadj.TryGetValue(wait.Id.Pid, out var own) ? (int[])own.Clone() : new int[count];
        foreach (var op in wait.Ops)
        {
            var value = values[op.Num] + op.Op;
            if ((op.Op == 0 && value != 0) || value < 0)
            {
                if ((op.Flags & NoWait) != 0) return "EAGAIN"; // if passed over, counted where it last had to wait
                wait.Blocking = op;
                return null;
            }

            if (value > Highest) return "ERANGE";
            values[op.Num] = value;
            if ((op.Flags & Undo) == 0) continue;
            semadj[op.Num] -= op.Op;
            if (semadj[op.Num] is > Highest or < -Highest - 1) return "ERANGE";
        }

        if (dry) return "ok";
        values.CopyTo(_values, 0);
        if (uses) _semadj[wait.Id.Pid] = semadj;
        foreach (var op in wait.Ops) _pids[op.Num] = wait.Id.Pid;
        _otime = now;
        return "ok";
    }

    // ---- ipc/sem.c ----

    private void Merge()
    {
        foreach (var list in _alter)
        {
            _globalAlter.InsertRange(0, list);
            list.Clear();
        }
    }

    private void Unmerge()
    {
        if (Arrays > 0) return;
        foreach (var wait in _globalAlter) _alter[wait.Ops[0].Num].Add(wait);
        _globalAlter.Clear();
    }

    private void Update(SemBuf[]? ops, long now, bool isCrash = false)
    {
        var blocking = isCrash ? _globalConst.Select(wait => (wait, wait.Blocking)).ToArray() : [];
        WakeZeros(ops, now);
        foreach (var (wait, op) in blocking) wait.Blocking = op; // a crash has changed nothing; what follows may
        if (_globalAlter.Count > 0) UpdateQueue(_globalAlter, null, now);
        else if (ops is null)
        {
            for (var num = 0; num < count; num++) UpdateQueue(_alter[num], num, now);
        }
        else
        {
            foreach (var op in ops.Where(op => op.Op > 0)) UpdateQueue(_alter[op.Num], (int)op.Num, now);
        }
    }

    private void WakeZeros(SemBuf[]? ops, long now)
    {
        var zeros = (ops is null ? Enumerable.Range(0, count) : ops.Select(op => (int)op.Num))
            .Where(num => _values[num] == 0).ToArray();
        foreach (var num in zeros) WakeConst(_const[num], now);
        if (zeros.Length > 0) WakeConst(_globalConst, now);
    }

    private void WakeConst(List<Wait> list, long now)
    {
        foreach (var wait in list.ToArray())
        {
            if (Perform(wait, now, dry: wait.PassedOver) is { } outcome && !wait.PassedOver) Wake(wait, outcome);
        }
    }

    private void UpdateQueue(List<Wait> list, int? num, long now)
    {
        while (true)
        {
            var restart = false;
            foreach (var wait in list.ToArray())
            {
                if (num is { } one && _values[one] == 0) break;
                if (wait.PassedOver || Perform(wait, now) is not { } outcome) continue;
                Wake(wait, outcome);
                if (outcome != "ok") continue;
                WakeZeros(wait.Ops, now);
                restart = _globalAlter.Count > 0 || wait.Ops.Length > 1;
                if (restart) break;
            }

            if (!restart) return;
        }
    }

    private void Wake(Wait wait, string outcome)
    {
        Unlink(wait);
        var back = new int?[count]; // null: nothing to take back, so its process has no semadj through it
        foreach (var op in wait.Ops.Where(op => (op.Flags & Undo) == 0)) back[op.Num] = (back[op.Num] ?? 0) - op.Op;
        Done(wait.Id, outcome, outcome == "ok" && wait.AwaySince is not null ? back : null);
    }

    private void Back(Wait wait, long now)
    {
        var wasPassedOver = wait.PassedOver;
        (wait.AwaySince, wait.PassedOver) = (null, false);
        if (!wasPassedOver) return;
        var blocking = wait.Blocking;
        if (Perform(wait, now) is not { } outcome)
        {
            wait.Blocking = blocking; // a return is not Linux's either
            return;
        }

        Wake(wait, outcome);
        if (outcome == "ok" && wait.Alters) Update(wait.Ops, now);
    }

    private void End(Wait wait, string outcome)
    {
        Unlink(wait);
        Done(wait.Id, outcome);
    }

    private void Unlink(Wait wait)
    {
        _waits.Remove(wait);
        _globalAlter.Remove(wait);
        _globalConst.Remove(wait);
        foreach (var list in _alter.Concat(_const)) list.Remove(wait);
    }

    private int[] Adjustments(int pid)
    {
        if (!_semadj.TryGetValue(pid, out var own)) _semadj.Add(pid, own = new int[count]);
        return own;
    }

    // ---- exactly once ----

    private bool Acknowledge(int pid, ulong ack)
    {
        if (_dead.Contains(pid)) return false;
        _acks[pid] = Math.Max(ack, _acks.GetValueOrDefault(pid));
        foreach (var id in _done.Keys.Where(id => id.Pid == pid && id.Seq < ack).ToArray()) _done.Remove(id);
        return true;
    }

    private void Done((int Pid, ulong Seq) id, string outcome, int?[]? back = null)
    {
        _done.Add(id, (outcome, back));
        Out.Add($"{id.Pid}.{id.Seq} {outcome}");
    }
}
