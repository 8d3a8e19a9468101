using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSemaphores;

/// <summary>
/// A POSIX semaphore as sem_overview(7) describes it, in lists and loops, with nothing taken from the real one.
/// </summary>
public sealed class PosixSemaphoreModel(Permissions permissions, long value) : INamedObjectModel
{
    private sealed class Wait
    {
        public required (int Pid, ulong Seq) Id;
        public required bool Undo;
        public long Deadline;
        public long? AwaySince;
        public bool PassedOver;
    }

    private readonly List<Wait> _waits = []; // in their order
    private readonly Dictionary<long, int> _open = [];
    private readonly Dictionary<(int Pid, ulong Seq), string> _done = [];
    private readonly HashSet<(int Pid, ulong Seq)> _unheard = []; // taken without undo by callers that were away
    private readonly Dictionary<int, ulong> _acks = [];
    private readonly Dictionary<int, long> _undo = [];
    private readonly HashSet<int> _dead = [];
    private long _value = value, _number;
    private bool _wasDestroyed;

    public List<string> Out { get; } = [];

    public bool IsGone { get; private set; }

    public bool IsUnlinked { get; private set; }

    public List<long> HeldBy(int pid) => [.. _open.Where(each => each.Value == pid).Select(each => each.Key).Order()];

    public void Submit(int pid, ulong seq, ulong ack, Credentials who, Limits limits, Call call, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        var id = (pid, seq);
        if (_done.TryGetValue(id, out var done)) Say(id, done);
        else if (_waits.Find(wait => wait.Id == id) is { } wait) Back(wait);
        else if (IsGone) Say(id, _wasDestroyed ? "EIDRM" : "EBADF");
        else if (call.Description is { } description) OnDescription(id, who, description);
        else if (call.PosixSemaphore.Wait is { } wanted) Waits(id, wanted, call, now);
        else if (call.PosixSemaphore.Post is { } post) Posts(id, post);
        else if (Holds(pid, call.PosixSemaphore.Getvalue.Description)) Say(id, $"value={_value} {_waits.Count}");
        else Say(id, "EBADF");
        Settle();
    }

    public void Cancel(int pid, ulong seq, ulong ack, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        if (_done.TryGetValue((pid, seq), out var done)) Say((pid, seq), done);
        else if (_waits.Find(wait => wait.Id == (pid, seq)) is { } wait) End(wait, "EINTR");
        else Done((pid, seq), "EINTR");
        Settle();
    }

    public void Exit(int pid, ulong ack, long now)
    {
        if (!_dead.Add(pid)) return;
        _waits.RemoveAll(wait => wait.Id.Pid == pid);
        foreach (var id in _done.Keys.Where(id => id.Pid == pid).ToArray())
        {
            _done.Remove(id);
            if (_unheard.Remove(id) && id.Seq >= ack && !IsGone) _value = Math.Min(_value + 1, int.MaxValue);
        }

        foreach (var number in HeldBy(pid)) _open.Remove(number);
        if (_undo.Remove(pid, out var count)) _value = Math.Min(_value + count, int.MaxValue);
        Serve();
        Settle();
    }

    public void Disconnect(int pid, long now)
    {
        foreach (var wait in _waits.Where(wait => wait.Id.Pid == pid && !wait.PassedOver)) wait.AwaySince ??= now;
    }

    public void Tick(long now)
    {
        while (_waits.Where(wait => wait.Deadline != 0 && wait.Deadline <= now).MinBy(wait => wait.Deadline) is { } late)
            End(late, "ETIMEDOUT");
        while (_waits.Where(wait => wait.AwaySince <= now - 5000).MinBy(wait => wait.AwaySince) is { } away)
        {
            (away.AwaySince, away.PassedOver) = (null, true);
        }

        Settle();
    }

    public void Remove()
    {
        if (IsGone) return;
        foreach (var wait in _waits) Done(wait.Id, "EIDRM");
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
        foreach (var wait in _waits) (wait.AwaySince, wait.PassedOver) = (now, false);
        Serve();
        Settle();
    }

    private void OnDescription((int Pid, ulong Seq) id, Credentials who, DescriptionCall call)
    {
        if (call.Close is { } close)
        {
            if (!Holds(id.Pid, close.Number)) Done(id, "EBADF");
            else
            {
                _open.Remove(close.Number);
                Done(id, "ok");
            }
        }
        else if (call.Stat is not null) Say(id, $"stat={_open.Count} {IsUnlinked} 32");
        else if (IsUnlinked) Done(id, "EBADF");
        else if (!May(who)) Done(id, "EACCES");
        else
        {
            _open.Add(++_number, id.Pid);
            Done(id, $"opened={_number}");
        }
    }

    private void Waits((int Pid, ulong Seq) id, PosixSemaphoreWait wanted, Call call, long now)
    {
        if (call.TimeoutMs < 0) Say(id, "EINVAL");
        else if (!Holds(id.Pid, wanted.Description)) Done(id, "EBADF");
        else if (_value > 0) Take(id, wanted.Undo);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Done(id, "ETIMEDOUT");
        else
        {
            var deadline = call.HasTimeoutMs ? now + call.TimeoutMs : 0;
            _waits.Add(new Wait { Id = id, Undo = wanted.Undo, Deadline = deadline });
        }
    }

    private void Posts((int Pid, ulong Seq) id, PosixSemaphorePost post)
    {
        var undo = _undo.GetValueOrDefault(id.Pid);
        if (!Holds(id.Pid, post.Description)) Done(id, "EBADF");
        else if (post.Undo && undo == 0) Done(id, "EINVAL");
        else if (_value == int.MaxValue) Done(id, "EOVERFLOW");
        else
        {
            _value++;
            if (post.Undo) _undo[id.Pid] = undo - 1;
            Done(id, "ok");
            Serve();
        }
    }

    private void Serve()
    {
        while (_value > 0 && _waits.Find(wait => !wait.PassedOver) is { } wait) Give(wait);
    }

    private void Give(Wait wait)
    {
        _waits.Remove(wait);
        if (wait.AwaySince is not null && !wait.Undo) _unheard.Add(wait.Id);
        Take(wait.Id, wait.Undo);
    }

    private void Take((int Pid, ulong Seq) id, bool undo)
    {
        _value--;
        if (undo) _undo[id.Pid] = _undo.GetValueOrDefault(id.Pid) + 1;
        Done(id, "ok");
    }

    private void Back(Wait wait)
    {
        (wait.AwaySince, wait.PassedOver) = (null, false);
        Serve();
    }

    private void End(Wait wait, string outcome)
    {
        _waits.Remove(wait);
        Done(wait.Id, outcome);
        Serve();
    }

    private void Settle()
    {
        if (IsUnlinked && !IsGone && _open.Count == 0 && _waits.Count == 0) Vanish();
    }

    private void Vanish()
    {
        IsGone = true;
        _waits.Clear();
        _open.Clear();
        _undo.Clear();
    }

    private bool Holds(int pid, long number) => _open.TryGetValue(number, out var holder) && holder == pid;

    private bool May(Credentials who)
    {
        if (who.Uid == 0) return true;
        var mode = (int)permissions.Mode;
        if (who.Uid == permissions.Uid) return (mode >> 6 & 6) == 6;
        return ((who.Groups.Append(who.Gid).Contains(permissions.Gid) ? mode >> 3 : mode) & 6) == 6;
    }

    private bool Acknowledge(int pid, ulong ack)
    {
        if (_dead.Contains(pid)) return false;
        _acks[pid] = Math.Max(ack, _acks.GetValueOrDefault(pid));
        foreach (var id in _done.Keys.Where(id => id.Pid == pid && id.Seq < ack).ToArray()) _done.Remove(id);
        return true;
    }

    private void Done((int Pid, ulong Seq) id, string outcome)
    {
        _done.Add(id, outcome);
        Say(id, outcome);
    }

    private void Say((int Pid, ulong Seq) id, string outcome) => Out.Add($"{id.Pid}.{id.Seq} {outcome}");
}
