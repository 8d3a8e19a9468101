using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Mqueues;

/// <summary>
/// A POSIX message queue with its open file descriptions as mq_overview(7) and ipc/mqueue.c describe them, in lists and
/// loops, with nothing taken from the real one. The result of each call is added to <see cref="Out"/> as
/// "pid.seq outcome", in order.
/// </summary>
public sealed partial class MqueueModel(Permissions permissions, int maxmsg, int msgsize) : INamedObjectModel
{
    private enum Sort
    {
        Receive,
        Send,
        Poll,
        Await,
    }

    private sealed record Text(long Serial, uint Priority, string Body);

    private sealed class Open
    {
        public required long Number;
        public int Access;
        public bool NonBlock;
        public readonly HashSet<int> Holders = [];
    }

    private sealed class Wait
    {
        public required (int Pid, ulong Seq) Id;
        public required Sort Sort;
        public required ulong Ticket;
        public long Deadline, Number;
        public (uint Priority, string Body) Message;
        public int Events;
        public long? AwaySince;
        public bool PassedOver;
        public Text? Kept;

        public bool IsRecorded => Sort is Sort.Receive or Sort.Send;
    }

    private sealed record Registration(long Number, int Pid, int Method, int Signal, long Value);

    private readonly List<Text> _texts = [];
    private readonly List<Open> _open = [];
    private readonly List<Wait> _waits = [];
    private readonly Dictionary<(int Pid, ulong Seq), (string Outcome, Text? Taken)> _done = [];
    private readonly Dictionary<int, ulong> _acks = [];
    private readonly HashSet<int> _dead = [];
    private readonly SortedDictionary<long, (Registration Registration, int Pid, uint Uid)> _used = [];
    private Registration? _registration;
    private long _serial, _number;
    private ulong _ticket, _unrecorded;
    private bool _unlinked, _wasDestroyed;

    public List<string> Out { get; } = [];

    public bool IsGone { get; private set; }

    public bool IsUnlinked => _unlinked;

    public long LastRegistration { get; private set; }

    public List<long> HeldBy(int pid) => [.. _open.Where(each => each.Holders.Contains(pid)).Select(each => each.Number)];

    private IEnumerable<Wait> InLine(Sort sort) =>
        _waits.Where(wait => wait.Sort == sort).OrderBy(wait => wait.Ticket);

    // ---- inputs ----

    public void Submit(int pid, ulong seq, ulong ack, Credentials who, Limits limits, Call call, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        var id = (pid, seq);
        if (_done.TryGetValue(id, out var done)) Out.Add($"{pid}.{seq} {done.Outcome}");
        else if (_waits.Find(wait => wait.Id == id) is { } wait) Back(wait);
        else if (IsGone) Say(id, _wasDestroyed ? "EIDRM" : "EBADF");
        else if (call.Description is { } description) OnDescription(id, who, description, call, now);
        else OnQueue(id, who, call.Mqueue, call, now);
        Settle();
    }

    public void Cancel(int pid, ulong seq, ulong ack, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        if (_done.TryGetValue((pid, seq), out var done)) Out.Add($"{pid}.{seq} {done.Outcome}");
        else if (_waits.Find(wait => wait.Id == (pid, seq)) is { } wait) End(wait, "EINTR");
        else Done((pid, seq), "EINTR");
        Settle();
    }

    public void Exit(int pid, ulong ack, long now)
    {
        if (!_dead.Add(pid)) return;
        _waits.RemoveAll(wait => wait.Id.Pid == pid);
        foreach (var (id, done) in _done.Where(pair => pair.Key.Pid == pid).ToArray())
        {
            _done.Remove(id);
            if (id.Seq >= ack && done.Taken is { } taken && !IsGone) _texts.Add(taken);
        }

        Drop(pid);
        if (_registration?.Pid == pid) _registration = null;
        foreach (var each in _used.Where(each => each.Value.Registration.Pid == pid).ToArray()) _used.Remove(each.Key);
        Serve();
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
            var isThere = late.Sort == Sort.Receive && late.AwaySince is null && !late.PassedOver;
            if (isThere && TakesKept(late.Id)) _waits.Remove(late);
            else End(late, "ETIMEDOUT");
        }

        while (_waits.Where(wait => wait.AwaySince <= now - 5000)
            .OrderBy(wait => wait.AwaySince).ThenBy(wait => wait.Ticket).FirstOrDefault() is { } away)
        {
            (away.AwaySince, away.PassedOver, away.Kept) = (null, true, null);
            if (!away.IsRecorded) _waits.Remove(away);
            else Serve();
        }

        Settle();
    }

    public void Remove()
    {
        if (IsGone) return;
        foreach (var wait in _waits.OrderBy(wait => wait.Ticket)) Answer(wait, "EIDRM");
        _wasDestroyed = _open.Count > 0;
        Vanish();
    }

    public void Unlink()
    {
        if (IsGone) return;
        if (!IsHeld) Vanish();
        else _unlinked = true;
    }

    /// <summary>The node is lost: no process is connected, and every waiter has its turn again.</summary>
    public void Crash(long now)
    {
        _waits.RemoveAll(wait => !wait.IsRecorded);
        foreach (var wait in _waits) (wait.AwaySince, wait.PassedOver, wait.Kept) = (now, false, null);
        foreach (var wait in InLine(Sort.Receive).ToArray()) wait.Kept = First();
        Settle();
    }

    // ---- descriptions ----

    private void OnDescription(
        (int Pid, ulong Seq) id, Credentials who, DescriptionCall call, Call whole, long now)
    {
        if (call.Open is { } open) Opens(id, who, open.Flags);
        else if (call.Close is { } close) Closes(id, close.Number);
        else if (call.SetFlags is { } set)
        {
            if ((set.Flags & ~0x800) != 0) Say(id, "EINVAL");
            else if (Held(id.Pid, set.Number) is not { } held) Done(id, "EBADF");
            else
            {
                held.NonBlock = set.Flags != 0;
                Done(id, "ok");
            }
        }
        else if (call.Share is { } share)
        {
            if (share.Pid <= 0) Say(id, "EINVAL");
            else if (Held(id.Pid, share.Number) is not { } held) Done(id, "EBADF");
            else if (_dead.Contains(share.Pid)) Done(id, "ESRCH");
            else
            {
                if (share.Pid < MqueueHost.FirstGhost) held.Holders.Add(share.Pid);
                Done(id, share.Pid < MqueueHost.FirstGhost ? "ok" : "ESRCH");
            }
        }
        else if (call.Poll is { } poll)
        {
            var events = poll.Events | 8 | 16;
            if (Held(id.Pid, poll.Number) is null) Say(id, "EBADF");
            else if ((Ready() & events) != 0) Say(id, $"poll={Ready() & events}");
            else if (whole is { HasTimeoutMs: true, TimeoutMs: 0 }) Say(id, "ETIMEDOUT");
            else Park(id, Sort.Poll, whole, now, poll.Number, events);
        }
        else
        {
            Say(id, $"stat={_open.Count} {_unlinked}");
        }
    }

    private void Opens((int Pid, ulong Seq) id, Credentials who, int flags)
    {
        if ((flags & ~0x803) != 0) Say(id, "EINVAL");
        else if (_unlinked) Done(id, "EBADF");
        else if ((flags & 3) == 3) Say(id, "EINVAL");
        else if (!May(who, (flags & 3) switch { 0 => 4, 1 => 2, _ => 6 })) Done(id, "EACCES");
        else
        {
            var open = new Open { Number = ++_number, Access = flags & 3, NonBlock = (flags & 0x800) != 0 };
            open.Holders.Add(id.Pid);
            _open.Add(open);
            Done(id, $"opened={open.Number}");
        }
    }

    private void Closes((int Pid, ulong Seq) id, long number)
    {
        if (Held(id.Pid, number) is not { } held)
        {
            Done(id, "EBADF");
            return;
        }

        if (_registration?.Pid == id.Pid) _registration = null;
        held.Holders.Remove(id.Pid);
        if (held.Holders.Count == 0) _open.Remove(held);
        Done(id, "ok");
    }

    private void Drop(int pid)
    {
        foreach (var open in _open) open.Holders.Remove(pid);
        _open.RemoveAll(open => open.Holders.Count == 0);
    }

    private Open? Held(int pid, long number) =>
        _open.Find(open => open.Number == number && open.Holders.Contains(pid));

    private bool IsHeld => _open.Count > 0 || _waits.Count > 0;

    private int Ready() => (_texts.Count > 0 ? 1 : 0) | (_texts.Count < maxmsg ? 4 : 0);

    private bool May(Credentials who, int right)
    {
        if (who.Uid == 0) return true;
        var mode = (int)permissions.Mode;
        if (who.Uid == permissions.Uid) return (mode >> 6 & right) == right;
        return ((who.Groups.Append(who.Gid).Contains(permissions.Gid) ? mode >> 3 : mode) & right) == right;
    }

    // ---- common ----

    private void Settle()
    {
        if (IsGone) return;
        foreach (var wait in _waits.Where(wait => wait.Sort == Sort.Await).ToArray()) Told(wait);
        foreach (var wait in _waits.Where(wait => wait.Sort == Sort.Poll).ToArray())
        {
            var isHeld = Held(wait.Id.Pid, wait.Number) is not null;
            if (isHeld && (Ready() & wait.Events) == 0) continue;
            _waits.Remove(wait);
            Say(wait.Id, isHeld ? $"poll={Ready() & wait.Events}" : "EBADF");
        }

        if (_unlinked && !IsHeld) Vanish();
    }

    private void Vanish()
    {
        IsGone = true;
        _texts.Clear();
        _waits.Clear();
        _open.Clear();
        _used.Clear();
        _registration = null;
    }

    private void Park((int Pid, ulong Seq) id, Sort sort, Call call, long now, long number = 0, int events = 0)
    {
        var isRecorded = sort is Sort.Receive or Sort.Send;
        _waits.Add(new Wait
        {
            Id = id, Sort = sort, Ticket = isRecorded ? ++_ticket : ulong.MaxValue - _unrecorded++,
            Deadline = call.HasTimeoutMs ? now + call.TimeoutMs : 0, Number = number, Events = events,
        });
    }

    private bool Acknowledge(int pid, ulong ack)
    {
        if (_dead.Contains(pid)) return false;
        _acks[pid] = Math.Max(ack, _acks.GetValueOrDefault(pid));
        foreach (var id in _done.Keys.Where(id => id.Pid == pid && id.Seq < ack).ToArray()) _done.Remove(id);
        return true;
    }

    private void Done((int Pid, ulong Seq) id, string outcome, Text? taken = null)
    {
        _done.Add(id, (outcome, taken));
        Say(id, outcome);
    }

    private void Say((int Pid, ulong Seq) id, string outcome) => Out.Add($"{id.Pid}.{id.Seq} {outcome}");

    private void Answer(Wait wait, string outcome)
    {
        if (wait.IsRecorded) Done(wait.Id, outcome);
        else Say(wait.Id, outcome);
    }
}
