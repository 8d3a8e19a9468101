using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Fifos;

/// <summary>
/// A FIFO as fifo(7), pipe(7) and fs/pipe.c describe it, in lists and loops, with nothing taken from the real one.
/// </summary>
public sealed partial class FifoModel(Permissions permissions) : INamedObjectModel
{
    private const int Page = 4_096, NonBlock = 0x800, Direct = 0x4000;

    private enum Sort
    {
        Open,
        Write,
        Read,
        Poll,
    }

    private sealed class Wait
    {
        public required (int Pid, ulong Seq) Id;
        public required Sort Sort;
        public int Flags;       // of an open; the events of a poll
        public byte[] Rest = []; // of a write
        public bool IsPacket;
        public long Done, Size, Number, Deadline;
        public long? AwaySince;
        public bool PassedOver;
        public ulong Ticket;    // polls are not journalled, and their tickets count down

        public bool IsReader => Sort == Sort.Open && (Flags & 3) == 0;

        public bool IsWriter => Sort == Sort.Open && (Flags & 3) == 1;
    }

    private sealed class Opened(int pid, int flags)
    {
        public int Pid = pid, Flags = flags;
        public bool NoWriterYet;
    }

    private readonly List<Wait> _waits = []; // in their order
    private readonly SortedDictionary<long, Opened> _open = [];
    private readonly Dictionary<(int Pid, ulong Seq), (string Outcome, List<Slot> Taken)> _done = [];
    private readonly Dictionary<int, ulong> _acks = [];
    private readonly HashSet<int> _dead = [];
    private long _number;
    private ulong _tickets, _polls;
    private bool _wasDestroyed;

    public List<string> Out { get; } = [];

    public bool IsGone { get; private set; }

    public bool IsUnlinked { get; private set; }

    /// <summary>How a read shows.</summary>
    public static string Print(ReadOnlySpan<byte> data)
    {
        var sum = 17;
        foreach (var each in data) sum = unchecked((sum * 31) + each);
        return $"{data.Length}:{sum:x}";
    }

    public List<long> HeldBy(int pid) => [.. _open.Where(each => each.Value.Pid == pid).Select(each => each.Key)];

    // ---- inputs ----

    public void Submit(int pid, ulong seq, ulong ack, Credentials who, Limits limits, Call call, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        var id = (pid, seq);
        if (_done.TryGetValue(id, out var done)) Say(id, done.Outcome);
        else if (_waits.Find(wait => wait.Id == id) is { } wait) (wait.AwaySince, wait.PassedOver) = (null, false);
        else if (IsGone) Say(id, _wasDestroyed ? "EIDRM" : "EBADF");
        else if (call.Description is { } description) OnDescription(id, who, description, call, now);
        else if (call.Fifo.Write is { } write) Writes(id, write, call, now);
        else if (call.Fifo.Read is { } read) Reads(id, read, call, now);
        else if (call.Fifo.Resize is { } resize) Resizes(id, resize);
        else Say(id, HeldAs(pid, call.Fifo.Stat.Description) is null ? "EBADF" : Status());
        Settle();
    }

    public void Cancel(int pid, ulong seq, ulong ack, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        if (_done.TryGetValue((pid, seq), out var done)) Say((pid, seq), done.Outcome);
        else if (_waits.Find(wait => wait.Id == (pid, seq)) is { } wait) End(wait, "EINTR");
        else Done((pid, seq), "EINTR");
        Settle();
    }

    public void Exit(int pid, ulong ack, long now)
    {
        if (!_dead.Add(pid)) return;
        _waits.RemoveAll(wait => wait.Id.Pid == pid);
        EmptyIfUnused();
        foreach (var (id, done) in _done.Where(pair => pair.Key.Pid == pid).ToArray())
        {
            _done.Remove(id);
            if (id.Seq >= ack && !IsGone) PutBack(done.Taken);
        }

        foreach (var number in HeldBy(pid)) Leave(number);
        Settle();
    }

    public void Disconnect(int pid, long now)
    {
        foreach (var wait in _waits.Where(wait => wait.Id.Pid == pid && !wait.PassedOver)) wait.AwaySince ??= now;
    }

    public void Tick(long now)
    {
        while (_waits.Where(wait => wait.Deadline != 0 && wait.Deadline <= now)
            .OrderBy(wait => wait.Deadline).ThenBy(wait => wait.Ticket).FirstOrDefault() is { } late)
        {
            End(late, "ETIMEDOUT");
            Settle();
        }

        while (_waits.Where(wait => wait.AwaySince <= now - 5000)
            .OrderBy(wait => wait.AwaySince).ThenBy(wait => wait.Ticket).FirstOrDefault() is { } away)
        {
            (away.AwaySince, away.PassedOver) = (null, true);
            if (away.Sort == Sort.Poll) _waits.Remove(away);
            Settle();
        }
    }

    public void Remove()
    {
        if (IsGone) return;
        foreach (var wait in _waits.OrderBy(wait => wait.Ticket))
        {
            if (wait.Sort == Sort.Poll) Say(wait.Id, "EIDRM");
            else Done(wait.Id, "EIDRM");
        }

        _wasDestroyed = _open.Count > 0;
        Vanish();
    }

    public void Unlink()
    {
        if (IsGone) return;
        if (_open.Count == 0 && _waits.Count == 0) Vanish();
        else IsUnlinked = true;
    }

    public void Crash(long now)
    {
        _waits.RemoveAll(wait => wait.Sort == Sort.Poll);
        foreach (var wait in _waits) (wait.AwaySince, wait.PassedOver) = (now, false);
        Settle();
    }

    // ---- descriptions ----

    private void OnDescription((int Pid, ulong Seq) id, Credentials who, DescriptionCall call, Call whole, long now)
    {
        if (call.Open is { } open) Opens(id, who, open.Flags, whole, now);
        else if (call.Close is { } close)
        {
            var isHeld = HeldAs(id.Pid, close.Number) is not null;
            if (isHeld) Leave(close.Number);
            Done(id, isHeld ? "ok" : "EBADF");
        }
        else if (call.SetFlags is { } set)
        {
            if ((set.Flags & ~(NonBlock | Direct)) != 0) Say(id, "EINVAL");
            else if (HeldAs(id.Pid, set.Number) is not { } opened) Done(id, "EBADF");
            else
            {
                opened.Flags = (opened.Flags & 3) | set.Flags;
                Done(id, "ok");
            }
        }
        else if (call.Poll is { } poll) Polls(id, poll, whole, now);
        else Say(id, $"stat={_open.Count} {IsUnlinked} 0");
    }

    private void Opens((int Pid, ulong Seq) id, Credentials who, int flags, Call call, long now)
    {
        var access = flags & 3;
        if ((flags & Direct) != 0) Say(id, "EINVAL");
        else if (IsUnlinked) Done(id, "EBADF");
        else if (access == 3) Say(id, "EINVAL");
        else if (!May(who, access switch { 0 => 4, 1 => 2, _ => 6 })) Done(id, "EACCES");
        else if (access == 1 && (flags & NonBlock) != 0 && Readers == 0) Done(id, "ENXIO");
        else if (access == 2 || (flags & NonBlock) != 0 || (access == 1 ? Readers : Writers) > 0) CompleteOpen(id, flags);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Done(id, "ETIMEDOUT");
        else
        {
            Park(new Wait { Id = id, Sort = Sort.Open, Flags = flags }, call, now);
            if (access == 1) SeeWriter();
        }
    }

    private void CompleteOpen((int Pid, ulong Seq) id, int flags)
    {
        if ((flags & 3) != 0) SeeWriter();
        var noWriterYet = (flags & 3) == 0 && (flags & NonBlock) != 0 && Writers == 0;
        _open.Add(++_number, new Opened(id.Pid, flags) { NoWriterYet = noWriterYet });
        _waits.RemoveAll(wait => wait.Id == id);
        Done(id, $"opened={_number}");
    }

    private void SeeWriter()
    {
        foreach (var opened in _open.Values) opened.NoWriterYet = false;
    }

    private void Leave(long number)
    {
        _open.Remove(number);
        EmptyIfUnused();
    }

    private void Polls((int Pid, ulong Seq) id, DescriptionPoll poll, Call call, long now)
    {
        if (HeldAs(id.Pid, poll.Number) is not { } opened) Say(id, "EBADF");
        else if ((Ready(opened) & (poll.Events | 8 | 16)) is var ready and not 0) Say(id, $"ready={ready}");
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Say(id, "ETIMEDOUT");
        else Park(new Wait { Id = id, Sort = Sort.Poll, Flags = poll.Events, Number = poll.Number }, call, now);
    }

    private int Ready(Opened opened)
    {
        var access = opened.Flags & 3;
        var ready = 0;
        if (access != 1) ready |= (_slots.Count > 0 ? 1 : 0) | (Writers == 0 && !opened.NoWriterYet ? 16 : 0);
        if (access != 0) ready |= (_slots.Count < _room ? 4 : 0) | (Readers == 0 ? 8 : 0);
        return ready;
    }

    private Opened? HeldAs(int pid, long number) =>
        _open.TryGetValue(number, out var opened) && opened.Pid == pid ? opened : null;

    private int Readers => _open.Values.Count(each => (each.Flags & 3) != 1) + _waits.Count(wait => wait.IsReader);

    private int Writers => _open.Values.Count(each => (each.Flags & 3) != 0) + _waits.Count(wait => wait.IsWriter);

    // ---- completion ----

    private void Settle()
    {
        if (IsGone) return;
        foreach (var wait in _waits.Where(wait => wait.Sort == Sort.Open).ToArray())
        {
            if ((wait.IsReader ? Writers : Readers) > 0) CompleteOpen(wait.Id, wait.Flags);
        }

        Serve();
        foreach (var poll in _waits.Where(wait => wait.Sort == Sort.Poll).ToArray())
        {
            var opened = HeldAs(poll.Id.Pid, poll.Number);
            var ready = opened is null ? 0 : Ready(opened) & (poll.Flags | 8 | 16);
            if (opened is not null && ready == 0) continue;
            _waits.Remove(poll);
            Say(poll.Id, opened is null ? "EBADF" : $"ready={ready}");
        }

        if (IsUnlinked && _open.Count == 0 && _waits.Count == 0) Vanish();
    }

    private void End(Wait wait, string outcome)
    {
        _waits.Remove(wait);
        if (wait.Sort == Sort.Poll) Say(wait.Id, outcome);
        else Done(wait.Id, wait.Done > 0 ? $"written={wait.Done}" : outcome);
        EmptyIfUnused();
    }

    private void Park(Wait wait, Call call, long now)
    {
        if (call.HasTimeoutMs) wait.Deadline = now + call.TimeoutMs;
        wait.Ticket = wait.Sort == Sort.Poll ? ulong.MaxValue - _polls++ : ++_tickets;
        _waits.Add(wait);
    }

    private void Vanish()
    {
        IsGone = true;
        _waits.Clear();
        _open.Clear();
        _slots.Clear();
    }

    private bool May(Credentials who, int right)
    {
        if (who.Uid == 0) return true;
        var mode = (int)permissions.Mode;
        if (who.Uid == permissions.Uid) return (mode >> 6 & right) == right;
        var inGroup = who.Groups.Append(who.Gid).Contains(permissions.Gid);
        return ((inGroup ? mode >> 3 : mode) & right) == right;
    }

    private bool Acknowledge(int pid, ulong ack)
    {
        if (_dead.Contains(pid)) return false;
        _acks[pid] = Math.Max(ack, _acks.GetValueOrDefault(pid));
        foreach (var id in _done.Keys.Where(id => id.Pid == pid && id.Seq < ack).ToArray()) _done.Remove(id);
        return true;
    }

    private void Done((int Pid, ulong Seq) id, string outcome, List<Slot>? taken = null)
    {
        _done.Add(id, (outcome, taken ?? []));
        Say(id, outcome);
    }

    private void Say((int Pid, ulong Seq) id, string outcome) => Out.Add($"{id.Pid}.{id.Seq} {outcome}");
}
