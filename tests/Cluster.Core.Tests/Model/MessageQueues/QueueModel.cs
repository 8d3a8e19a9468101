using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.MessageQueues;

/// <summary>
/// A message queue as msgop(2), msgctl(2) and ipc/msg.c describe it, in lists and loops, with nothing taken from the
/// real one. The result of each call is added to <see cref="Out"/> as "pid.seq outcome", in order.
/// </summary>
public sealed class QueueModel(Permissions permissions, ulong qbytes, long createdMs) : IObjectModel
{
    private const int NoWait = 0x800, NoError = 0x1000, Except = 0x2000, Copy = 0x4000;

    public sealed record Text(long Serial, long Type, string Body);

    /// <summary>A call that waits: to send, if it has a message, or to receive.</summary>
    public sealed class Wait
    {
        public required (int Pid, ulong Seq) Id;
        public required Credentials Who;
        public (long Type, string Body)? Message;
        public long Type, Size, Deadline;
        public int Flags;
        public long? AwaySince;
        public bool PassedOver;
        public Text? Kept;
    }

    private readonly List<Text> _texts = [];
    private readonly Dictionary<(int Pid, ulong Seq), (string Outcome, Text? Taken)> _done = [];
    private readonly Dictionary<int, ulong> _acks = [];
    private readonly HashSet<int> _dead = [];
    private readonly uint _cuid = permissions.Cuid, _cgid = permissions.Cgid;
    private uint _uid = permissions.Uid, _gid = permissions.Gid;
    private long _serial, _stime, _rtime, _ctime = createdMs;
    private int _lspid, _lrpid;
    private bool _removed;

    public List<string> Out { get; } = [];

    public List<Wait> Waits { get; } = [];

    public ulong Qbytes { get; private set; } = qbytes;

    public int Mode { get; private set; } = (int)permissions.Mode;

    // ---- inputs ----

    public void Submit(int pid, ulong seq, ulong ack, Credentials who, Limits limits, Call call, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        var id = (pid, seq);
        if (_done.TryGetValue(id, out var done)) Out.Add($"{pid}.{seq} {done.Outcome}");
        else if (Waits.Find(wait => wait.Id == id) is { } wait) Back(wait, now);
        else if (_removed) Out.Add($"{pid}.{seq} EINVAL");
        else if (call.Msgsnd is { } send) Send(id, who, limits, send, call, now);
        else if (call.Msgrcv is { } receive) Receive(id, who, receive, call, now);
        else if (call.Msgset is { } set) Set(id, who, limits, set, now);
        else if (call.Msgstat is { } stat) Out.Add($"{pid}.{seq} {(stat.Any || May(who, 4) ? Stat() : "EACCES")}");
    }

    public void Cancel(int pid, ulong seq, ulong ack, long now)
    {
        if (!Acknowledge(pid, ack) || seq < _acks[pid]) return;
        if (_done.TryGetValue((pid, seq), out var done)) Out.Add($"{pid}.{seq} {done.Outcome}");
        else if (Waits.Find(wait => wait.Id == (pid, seq)) is { } wait) End(wait, "EINTR", now);
        else Done((pid, seq), "EINTR");
    }

    public void Exit(int pid, ulong ack, long now)
    {
        if (!_dead.Add(pid)) return;
        var loose = Waits.Where(wait => wait.Id.Pid == pid).Select(wait => wait.Kept).OfType<Text>().ToList();
        Waits.RemoveAll(wait => wait.Id.Pid == pid);
        foreach (var (id, done) in _done.Where(pair => pair.Key.Pid == pid).ToArray())
        {
            _done.Remove(id);
            if (id.Seq < ack || done.Taken is not { } taken || _removed) continue;
            _texts.Add(taken);
            loose.Add(taken);
        }

        _texts.Sort((one, other) => one.Serial.CompareTo(other.Serial));
        foreach (var text in loose.OrderBy(text => text.Serial)) Offer(text, now);
        LetIn(now);
    }

    public void Disconnect(int pid, long now)
    {
        foreach (var wait in Waits.Where(wait => wait.Id.Pid == pid && !wait.PassedOver)) wait.AwaySince ??= now;
    }

    public void Tick(long now)
    {
        while (Waits.Where(wait => wait.Deadline != 0 && wait.Deadline <= now).MinBy(wait => wait.Deadline) is { } late)
        {
            var isThere = late.Message is null && late.AwaySince is null && !late.PassedOver;
            if (isThere && Kept(late.Type, late.Flags) is { } holder)
            {
                Waits.Remove(late);
                TakeFrom(holder, late.Id, late.Size, late.Flags, now);
            }
            else End(late, "ETIMEDOUT", now);
        }

        while (Waits.Where(wait => wait.AwaySince <= now - 5000).MinBy(wait => wait.AwaySince) is { } away)
        {
            (away.AwaySince, away.PassedOver) = (null, true);
            Loose(away, now);
        }
    }

    public void Remove()
    {
        foreach (var wait in Waits) Done(wait.Id, "EIDRM");
        Waits.Clear();
        _texts.Clear();
        _removed = true;
    }

    /// <summary>The node is lost: no process is connected, and every waiter has its turn again.</summary>
    public void Crash(long now)
    {
        foreach (var wait in Waits) (wait.AwaySince, wait.PassedOver, wait.Kept) = (now, false, null);
        foreach (var wait in Waits.Where(wait => wait.Message is null)) wait.Kept = Choose(wait.Type, wait.Flags);
    }

    public string Stat() =>
        $"uid={_uid} gid={_gid} mode={Mode} qbytes={Qbytes} qnum={_texts.Count} "
        + $"cbytes={_texts.Sum(text => text.Body.Length)} stime={_stime / 1000} rtime={_rtime / 1000} "
        + $"ctime={_ctime / 1000} lspid={_lspid} lrpid={_lrpid} "
        + $"receivers={Waits.Count(w => w.Message is null)} senders={Waits.Count(w => w.Message is not null)}";

    // ---- calls ----

    private void Send((int, ulong) id, Credentials who, Limits limits, MsgSnd send, Call call, long now)
    {
        var body = send.Text.ToStringUtf8();
        if (send.Type < 1 || call.TimeoutMs < 0) Out.Add($"{id.Item1}.{id.Item2} EINVAL");
        else if (body.Length > limits.Msgmax) Done(id, "EINVAL");
        else if (!May(who, 2)) Done(id, "EACCES");
        else if (Fits(body)) Put(id, send.Type, body, now);
        else if ((send.Flags & NoWait) != 0) Done(id, "EAGAIN");
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Done(id, "ETIMEDOUT");
        else Waits.Add(new Wait { Id = id, Who = who, Message = (send.Type, body), Deadline = Until(call, now) });
    }

    private void Receive((int Pid, ulong Seq) id, Credentials who, MsgRcv receive, Call call, long now)
    {
        var flags = receive.Flags;
        string? outcome = null;
        if (receive.Size < 0 || call.TimeoutMs < 0) outcome = "EINVAL";
        else if ((flags & Copy) != 0) outcome = CopyOf(who, receive);
        if (outcome is not null) Out.Add($"{id.Pid}.{id.Seq} {outcome}");
        else if (!May(who, 4)) Done(id, "EACCES");
        else if (Choose(receive.Type, flags) is { } text)
        {
            if (text.Body.Length > receive.Size && (flags & NoError) == 0) Done(id, "E2BIG");
            else Take(id, text, receive.Size, now);
            LetIn(now);
        }
        else if ((flags & NoWait) != 0 || call is { HasTimeoutMs: true, TimeoutMs: 0 })
        {
            if (Kept(receive.Type, flags) is { } holder) TakeFrom(holder, id, receive.Size, flags, now);
            else Done(id, (flags & NoWait) != 0 ? "ENOMSG" : "ETIMEDOUT");
        }
        else
        {
            Waits.Add(new Wait
            {
                Id = id, Who = who, Deadline = Until(call, now),
                Type = receive.Type, Size = receive.Size, Flags = flags,
            });
        }
    }

    private string CopyOf(Credentials who, MsgRcv receive)
    {
        if ((receive.Flags & NoWait) == 0 || (receive.Flags & Except) != 0) return "EINVAL";
        if (!May(who, 4)) return "EACCES";
        if (receive.Type < 0 || receive.Type >= _texts.Count) return "ENOMSG";
        var text = _texts[(int)receive.Type];
        if (text.Body.Length <= receive.Size) return Show(text, receive.Size);
        return (receive.Flags & NoError) == 0 ? "E2BIG" : "EINVAL";
    }

    private void Set((int Pid, ulong Seq) id, Credentials who, Limits limits, MsgSet set, long now)
    {
        if (who.Uid != 0 && who.Uid != _uid && who.Uid != _cuid) Done(id, "EPERM");
        else if (who.Uid != 0 && set.Qbytes > (ulong)limits.Msgmnb) Done(id, "EPERM");
        else if (set.Uid == uint.MaxValue || set.Gid == uint.MaxValue) Done(id, "EINVAL");
        else
        {
            (_uid, _gid, Mode, Qbytes, _ctime) = (set.Uid, set.Gid, (int)set.Mode & 0x1FF, set.Qbytes, now);
            Done(id, "ok");
            var out_ = Waits.Where(wait => wait.Message is null && !May(wait.Who, 4)).ToArray();
            foreach (var wait in out_)
            {
                Waits.Remove(wait);
                Done(wait.Id, "EACCES");
            }

            foreach (var wait in out_.Where(wait => wait.Kept is not null).OrderBy(wait => wait.Kept!.Serial))
                Offer(wait.Kept!, now);
            LetIn(now);
        }
    }

    // ---- the queue ----

    private void Put((int Pid, ulong Seq) id, long type, string body, long now)
    {
        var text = new Text(++_serial, type, body);
        _texts.Add(text);
        (_lspid, _stime) = (id.Pid, now);
        Done(id, "ok");
        Offer(text, now);
    }

    private void Offer(Text text, long now)
    {
        foreach (var wait in Waits.ToArray())
        {
            if (wait.Message is not null || wait.PassedOver || wait.Kept is not null) continue;
            if (!Matches(text.Type, wait.Type, wait.Flags)) continue;
            if (wait.AwaySince is not null)
            {
                wait.Kept = text;
                return;
            }

            if (Give(wait, text, now)) return;
        }
    }

    private bool Give(Wait wait, Text text, long now)
    {
        Waits.Remove(wait);
        if (text.Body.Length <= wait.Size || (wait.Flags & NoError) != 0)
        {
            Take(wait.Id, text, wait.Size, now);
            return true;
        }

        Done(wait.Id, "E2BIG");
        return false;
    }

    private void Back(Wait wait, long now)
    {
        var wasPassedOver = wait.PassedOver;
        (wait.AwaySince, wait.PassedOver) = (null, false);
        var kept = wait.Kept;
        wait.Kept = null;
        var looks = kept is not null || (wasPassedOver && wait.Message is null);
        if (!looks || Choose(wait.Type, wait.Flags) is not { } text) return;
        if (!Give(wait, text, now)) Offer(text, now);
        if (kept is not null && kept != text) Offer(kept, now);
        LetIn(now);
    }

    private void LetIn(long now)
    {
        while (Waits.Find(wait => wait.Message is { } message && Fits(message.Body)) is { } wait)
        {
            Waits.Remove(wait);
            if (May(wait.Who, 2)) Put(wait.Id, wait.Message!.Value.Type, wait.Message.Value.Body, now);
            else Done(wait.Id, "EACCES");
        }
    }

    private void Take((int Pid, ulong Seq) id, Text text, long size, long now)
    {
        _texts.Remove(text);
        (_lrpid, _rtime) = (id.Pid, now);
        Done(id, Show(text, size), text);
    }

    // Takes what is kept for a waiter that is away, for a caller that would be told that there is nothing.
    private void TakeFrom(Wait holder, (int Pid, ulong Seq) id, long size, int flags, long now)
    {
        var text = holder.Kept!;
        if (text.Body.Length > size && (flags & NoError) == 0)
        {
            Done(id, "E2BIG");
            return;
        }

        holder.Kept = null;
        Take(id, text, size, now);
        holder.Kept = Choose(holder.Type, holder.Flags);
        LetIn(now);
    }

    private Wait? Kept(long type, int flags)
    {
        var kept = Waits.Where(wait => wait.Kept is { } text && Matches(text.Type, type, flags))
            .OrderBy(wait => wait.Kept!.Serial).ToList();
        return type < 0 ? kept.MinBy(wait => wait.Kept!.Type) : kept.FirstOrDefault();
    }

    private void End(Wait wait, string outcome, long now)
    {
        Waits.Remove(wait);
        Done(wait.Id, outcome);
        Loose(wait, now);
    }

    private void Loose(Wait wait, long now)
    {
        if (wait.Kept is not { } text) return;
        wait.Kept = null;
        Offer(text, now);
        LetIn(now);
    }

    private Text? Choose(long type, int flags)
    {
        var free = _texts
            .Where(text => Waits.All(wait => wait.Kept != text) && Matches(text.Type, type, flags)).ToList();
        return type < 0 ? free.MinBy(text => text.Type) : free.FirstOrDefault(); // MinBy: the first of the lowest
    }

    private static bool Matches(long type, long wanted, int flags)
    {
        if (wanted == 0) return true;
        if (wanted < 0) return wanted == long.MinValue || type <= -wanted;
        return (type == wanted) != ((flags & Except) != 0);
    }

    private bool Fits(string body) =>
        (ulong)_texts.Sum(text => text.Body.Length) + (ulong)body.Length <= Qbytes && (ulong)_texts.Count + 1 <= Qbytes;

    private bool May(Credentials who, int right)
    {
        if (who.Uid == 0) return true;
        if (who.Uid == _uid || who.Uid == _cuid) return (Mode >> 6 & right) != 0;
        var inGroup = who.Groups.Append(who.Gid).Any(each => each == _gid || each == _cgid);
        return ((inGroup ? Mode >> 3 : Mode) & right) != 0;
    }

    private static string Show(Text text, long size) =>
        $"type={text.Type} \"{text.Body[..(int)Math.Min(size, text.Body.Length)]}\"";

    private static long Until(Call call, long now) => call.HasTimeoutMs ? now + call.TimeoutMs : 0;

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
        Out.Add($"{id.Pid}.{id.Seq} {outcome}");
    }
}
