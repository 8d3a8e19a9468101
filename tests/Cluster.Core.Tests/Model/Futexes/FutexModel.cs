using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Futexes;

/// <summary>
/// futex(2) and the locks on it as the man pages describe them, with nothing taken from the real ones: one list of waiters, in
/// the order in which they wait. Every input returns the calls that complete, with their results.
/// </summary>
public sealed partial class FutexModel
{
    private const uint Tids = 0x3fffffff, Died = 0x40000000, Contended = 0x80000000, Lost = 0x7fffffff;

    private readonly List<Sleeper> _sleepers = [];
    private readonly SortedDictionary<int, List<Owner>> _owners = [];
    private readonly List<string> _done = [];
    private readonly HashSet<int> _exited = [];

    public Dictionary<int, uint> Words { get; } = [];

    public IEnumerable<(int Pid, ulong Seq)> Parked => _sleepers.Select(each => (each.Pid, each.Seq));

    public IEnumerable<(int Offset, Owner Owner)> Owners =>
        _owners.SelectMany(pair => pair.Value.Select(owner => (pair.Key, owner)));

    public uint Word(int offset) => Words.GetValueOrDefault(offset);

    public string[] Store(int pid, ulong seq, int offset, uint value)
    {
        _done.Clear();
        var before = Word(offset);
        Words[offset] = value;
        return Done(pid, seq, $"was {before}");
    }

    public string[] Call(int pid, ulong seq, FutexCall call, long deadline, bool now)
    {
        _done.Clear();
        var outcome = call.OpCase switch
        {
            FutexCall.OpOneofCase.Wait => Wait(pid, seq, call, call.Wait, deadline, now),
            FutexCall.OpOneofCase.Waitv => Waitv(pid, seq, call, deadline, now),
            FutexCall.OpOneofCase.Wake => Wake(call.Wake),
            FutexCall.OpOneofCase.Requeue => Requeue(call.Requeue),
            FutexCall.OpOneofCase.WakeOp => WakeOp(call.WakeOp),
            FutexCall.OpOneofCase.Barrier => Arrive(pid, seq, call, deadline, now),
            FutexCall.OpOneofCase.Lock => Lock(pid, seq, call, deadline, now),
            FutexCall.OpOneofCase.Unlock => Unlock(pid, call.Unlock),
            _ => Recover(pid, call.Recover),
        };
        return outcome is null ? Sorted() : Done(pid, seq, outcome);
    }

    public string[] End(int pid, ulong seq, string errno)
    {
        _done.Clear();
        if (_sleepers.Find(each => each.Pid == pid && each.Seq == seq) is not { } sleeper) return [];
        Interrupt(sleeper, errno);
        Settle();
        return Sorted();
    }

    public string[] Expire(long now)
    {
        _done.Clear();
        while (_sleepers.Where(each => each.Deadline > 0 && each.Deadline <= now)
            .OrderBy(each => each.Deadline).ThenBy(each => each.Ticket).FirstOrDefault() is { } late)
        {
            if (late.Condition is null || late.Relocks) Interrupt(late, "ETIMEDOUT");
            else Relock(late, timedOut: true);
            Settle();
        }

        return Sorted();
    }

    public string[] Exit(int pid)
    {
        _done.Clear();
        _exited.Add(pid);
        foreach (var sleeper in _sleepers.Where(each => each.Pid == pid).ToArray()) Leave(sleeper);
        foreach (var (offset, owners) in _owners.ToArray())
        {
            if (!owners.Exists(own => own.Pid == pid)) continue;
            var wasKnown = Known(offset);
            if (wasKnown && !owners[0].Shared) Words[offset] |= Died;
            owners.RemoveAll(own => own.Pid == pid);
            Rewrite(offset, wasKnown);
        }

        Settle();
        return Sorted();
    }

    // ---- words ----

    private string? Wait(int pid, ulong seq, FutexCall call, FutexWait wait, long deadline, bool now)
    {
        if (wait.Bitset == 0) return "EINVAL";
        if (wait.Condition is { } condition && Has(pid, condition.Lock, condition.Token) is not { Shared: false })
            return "EPERM";
        if ((Word(wait.Offset) == wait.Expected) == wait.Differs) return "EAGAIN";
        if (IsContended(wait.Offset)) return "EINVAL";
        if (now && wait.Condition is null) return "ETIMEDOUT";
        if (wait.Condition is { } own) Free(pid, own.Lock, own.Token);
        _sleepers.Add(new Sleeper(pid, seq, call, deadline, [wait.Offset]));
        Settle();
        return null;
    }

    private string? Waitv(int pid, ulong seq, FutexCall call, long deadline, bool now)
    {
        var words = call.Waitv.Words;
        if (words.Any(word => Word(word.Offset) != word.Expected)) return "EAGAIN";
        if (words.Any(word => IsContended(word.Offset))) return "EINVAL";
        if (now) return "ETIMEDOUT";
        _sleepers.Add(new Sleeper(pid, seq, call, deadline, [.. words.Select(word => word.Offset)]));
        return null;
    }

    private string Wake(FutexWake wake)
    {
        if (wake.Bitset == 0 || wake.Count < 0) return "EINVAL";
        if (IsContended(wake.Offset)) return "EINVAL";
        var woken = At(wake.Offset).Where(each => (each.Bitset & wake.Bitset) != 0).Take(wake.Count).ToArray();
        foreach (var each in woken) WakeUp(each, wake.Offset);
        Settle();
        return $"count {woken.Length}";
    }

    private string Requeue(FutexRequeue call)
    {
        if (call.Wake < 0 || call.Requeue < 0) return "EINVAL";
        if (call.HasExpected && Word(call.Offset) != call.Expected) return "EAGAIN";
        if (IsContended(call.Offset) || IsContended(call.To)) return "EINVAL";
        var all = At(call.Offset).ToArray();
        foreach (var each in all.Take(call.Wake)) WakeUp(each, call.Offset);
        var moved = all.Skip(call.Wake).Take(call.Requeue).ToArray();
        foreach (var each in moved.Where(_ => call.To != call.Offset))
        {
            each.MoveTo(call.Offset, call.To);
        }

        Settle();
        return $"count {Math.Min(call.Wake, all.Length) + moved.Length}";
    }

    private string WakeOp(FutexWakeOp call)
    {
        if (IsContended(call.Offset) || IsContended(call.To)) return "EINVAL";
        var old = (int)Word(call.To);
        var first = At(call.Offset).Take(call.Wake).ToArray();
        int[] next = [call.Operand, old + call.Operand, old | call.Operand, old & ~call.Operand, old ^ call.Operand];
        var holds = call.Cmp switch
        {
            0 => old == call.CmpOperand, 1 => old != call.CmpOperand, 2 => old < call.CmpOperand,
            3 => old <= call.CmpOperand, 4 => old > call.CmpOperand, _ => old >= call.CmpOperand,
        };
        var second = holds ? At(call.To).Except(first).Take(call.WakeTo).ToArray() : [];
        foreach (var each in first) WakeUp(each, call.Offset);
        foreach (var each in second) WakeUp(each, call.To);
        Words[call.To] = (uint)next[call.Op];
        Settle();
        return $"count {first.Length + second.Length}";
    }

    private string? Arrive(int pid, ulong seq, FutexCall call, long deadline, bool now)
    {
        var offset = call.Barrier.Offset;
        if (call.Barrier.Count <= 0) return "EINVAL";
        if ((long)Word(offset) + 1 < call.Barrier.Count)
        {
            if (now) return "ETIMEDOUT";
            _sleepers.Add(new Sleeper(pid, seq, call, deadline, [offset]));
            Words[offset] = Word(offset) + 1;
            return null;
        }

        foreach (var each in _sleepers.Where(each => each.IsBarrier && each.Offsets[0] == offset).ToArray())
        {
            _sleepers.Remove(each);
            Say(each, "count 0");
        }

        Words[offset] = 0;
        return "count 0 serial";
    }

    // ---- sleepers ----

    private IEnumerable<Sleeper> At(int offset, bool barriers = false) => _sleepers
        .SelectMany(each => each.Offsets.Select((at, index) => (at, place: each.Places[index], each)))
        .Where(each => each.at == offset && !each.each.Locks && (barriers || !each.each.IsBarrier))
        .OrderBy(each => each.place).Select(each => each.each).Distinct();

    private bool IsContended(int offset) => _sleepers.Exists(each => each.Locks && each.Wanted.Offset == offset);

    private void WakeUp(Sleeper sleeper, int offset)
    {
        if (sleeper.Condition is not null)
        {
            Relock(sleeper, timedOut: false);
            return;
        }

        _sleepers.Remove(sleeper);
        Say(sleeper, $"count {Array.IndexOf(sleeper.Offsets, offset)}");
    }

    private void Relock(Sleeper sleeper, bool timedOut)
    {
        var offset = sleeper.Condition!.Lock;
        if (!IsContended(offset) && !Known(offset)) _owners[offset] = Believed(offset);
        var isKnown = Known(offset);
        sleeper.Relock(timedOut);
        if (isKnown && Word(offset) != Lost) Words[offset] = Word(offset) | Contended;
    }

    private void Interrupt(Sleeper sleeper, string errno)
    {
        Leave(sleeper);
        Say(sleeper, errno);
    }

    private void Leave(Sleeper sleeper)
    {
        _sleepers.Remove(sleeper);
        if (sleeper.IsBarrier) Words[sleeper.Offsets[0]] = Word(sleeper.Offsets[0]) - 1;
        if (sleeper.Locks && sleeper.Wanted.Offset is var at && !IsContended(at) && Known(at) && Word(at) != Lost)
            Words[at] &= ~Contended;
        if (sleeper is { Relocks: true, TimedOut: false }) _passed.Add(sleeper.Call.Wait);
    }

    private readonly List<FutexWait> _passed = [];

    private void Settle()
    {
        ServeLocks();
        while (_passed.Count > 0)
        {
            var wait = _passed[0];
            _passed.RemoveAt(0);
            if (At(wait.Offset).FirstOrDefault(each => (each.Bitset & wait.Bitset) != 0) is not { } heir) continue;
            WakeUp(heir, wait.Offset);
            ServeLocks();
        }
    }

    private void ServeLocks()
    {
        var contended = _sleepers.Where(each => each.Locks).Select(each => each.Wanted.Offset).Distinct().Order();
        foreach (var offset in contended.ToArray())
        {
            while (_sleepers.Where(each => each.Locks && each.Wanted.Offset == offset)
                .OrderBy(each => each.Wanted.First ? 0 : 1).ThenBy(each => each.Places[0]).FirstOrDefault() is { } next)
            {
                if (Word(offset) == Lost)
                {
                    Interrupt(next, "ENOTRECOVERABLE");
                    continue;
                }

                var owners = _owners.GetValueOrDefault(offset) ?? [];
                if (owners.Count > 0 && !(next.Wanted.Shared && owners[0].Shared)) break;
                _sleepers.Remove(next);
                Say(next, Take(next.Pid, next.Seq, next.Wanted, next.TimedOut));
            }
        }
    }

    private void Say(Sleeper sleeper, string outcome) => _done.Add($"{sleeper.Pid}.{sleeper.Seq} {outcome}");

    private string[] Done(int pid, ulong seq, string outcome)
    {
        var all = _done.Append($"{pid}.{seq} {outcome}").Order(StringComparer.Ordinal).ToArray();
        _done.Clear();
        return all;
    }

    private string[] Sorted() => [.. _done.Order(StringComparer.Ordinal)];

    public sealed record Owner(int Pid, ulong Seq, bool Shared, bool Robust);

    private sealed class Sleeper(int pid, ulong seq, FutexCall call, long deadline, int[] offsets)
    {
        private static ulong _next;

        public int Pid => pid;

        public ulong Seq => seq;

        public FutexCall Call => call;

        public ulong Ticket { get; } = ++_next;

        public long Deadline => Relocks ? 0 : deadline;

        public int[] Offsets { get; private set; } = offsets;

        public ulong[] Places { get; private set; } = [.. offsets.Select(_ => ++_next)];

        public FutexCondition? Condition => call.Wait?.Condition;

        public bool Relocks { get; private set; }

        public bool TimedOut { get; private set; }

        public bool IsBarrier => call.Barrier is not null;

        public bool Locks => Relocks || call.Lock is not null;

        public FutexLock Wanted => Relocks
            ? new FutexLock { Offset = Condition!.Lock, Queues = true, Robust = true }
            : call.Lock;

        public uint Bitset => call.Wait?.Bitset ?? uint.MaxValue;

        public void MoveTo(int from, int to)
        {
            var index = Array.IndexOf(Offsets, from);
            (Offsets[index], Places[index]) = (to, ++_next);
        }

        public void Relock(bool timedOut)
        {
            (Relocks, TimedOut, Offsets, Places) = (true, timedOut, [Condition!.Lock], [++_next]);
        }
    }
}
