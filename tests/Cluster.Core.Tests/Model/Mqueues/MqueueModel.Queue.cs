using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Mqueues;

/// <content>Messages, notifications, and who is served.</content>
public sealed partial class MqueueModel
{
    private void OnQueue((int Pid, ulong Seq) id, Credentials who, MqueueCall call, Call whole, long now)
    {
        if (call.Send is { } send) Sends(id, who, send, whole, now);
        else if (call.Receive is { } receive) Receives(id, receive, whole, now);
        else if (call.Return is { } back) Returns(id, back.Seq);
        else if (call.Notify is { } notify) Notifies(id, notify);
        else if (call.Await is { } wait) Awaits(id, (long)wait.Registration, whole, now);
        else if (Held(id.Pid, call.Getattr.Description) is { } held) Say(id, Attributes(held));
        else Say(id, "EBADF");
    }

    private string Attributes(Open held) =>
        $"attr={(held.NonBlock ? 0x800 : 0)} {maxmsg} {msgsize} {_texts.Count} {_texts.Sum(text => text.Body.Length)} "
        + $"{_registration?.Method ?? 0} {(_registration?.Method == 0 ? _registration.Signal : 0)} "
        + $"{_registration?.Pid ?? 0} {InLine(Sort.Receive).Count()} {InLine(Sort.Send).Count()}";

    private void Sends((int Pid, ulong Seq) id, Credentials who, MqueueSend send, Call call, long now)
    {
        var (held, body) = (Held(id.Pid, send.Description), send.Text.ToStringUtf8());
        if (send.Priority > 32_767 || call.TimeoutMs < 0) Say(id, "EINVAL");
        else if (held is null || held.Access == 0) Done(id, "EBADF");
        else if (body.Length > msgsize) Done(id, "EMSGSIZE");
        else if (_texts.Count < maxmsg)
        {
            Done(id, "ok");
            Put(id.Pid, (send.Priority, body, who.Uid));
        }
        else if (held.NonBlock) Done(id, "EAGAIN");
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Done(id, "ETIMEDOUT");
        else
        {
            Park(id, Sort.Send, call, now);
            _waits[^1].Message = (send.Priority, body);
        }
    }

    private void Receives((int Pid, ulong Seq) id, MqueueReceive receive, Call call, long now)
    {
        var held = Held(id.Pid, receive.Description);
        if (call.TimeoutMs < 0) Say(id, "EINVAL");
        else if (held is null || held.Access == 1) Done(id, "EBADF");
        else if (receive.Size < msgsize) Done(id, "EMSGSIZE");
        else if (First() is { } text)
        {
            Take(id, text);
            LetIn();
        }
        else if (!held.NonBlock && call is not { HasTimeoutMs: true, TimeoutMs: 0 }) Park(id, Sort.Receive, call, now);
        else if (!TakesKept(id)) Done(id, held.NonBlock ? "EAGAIN" : "ETIMEDOUT");
    }

    // A caller that would be told that there is nothing takes what is kept for a waiter that is away.
    private bool TakesKept((int Pid, ulong Seq) id)
    {
        var holder = _waits.Where(wait => wait.Kept is not null)
            .OrderByDescending(wait => wait.Kept!.Priority).ThenBy(wait => wait.Kept!.Serial).FirstOrDefault();
        if (holder?.Kept is not { } text) return false;
        holder.Kept = null;
        Take(id, text);
        Serve();
        return true;
    }

    private void Returns((int Pid, ulong Seq) id, ulong seq)
    {
        if (!_done.TryGetValue((id.Pid, seq), out var done) || done.Taken is not { } text)
        {
            Done(id, "ENOENT");
            return;
        }

        _done[(id.Pid, seq)] = (done.Outcome, null);
        _texts.Add(text);
        Done(id, "ok");
        Serve();
    }

    private void Notifies((int Pid, ulong Seq) id, MqueueNotify notify)
    {
        var isValid = notify.Remove || notify.Method is 1 or 2 || (notify.Method == 0 && notify.Signal is >= 0 and <= 64);
        if (!isValid) Say(id, "EINVAL");
        else if (Held(id.Pid, notify.Description) is null) Done(id, "EBADF");
        else if (notify.Remove)
        {
            var isMeant = notify.Registration == 0 || (long)notify.Registration == _registration?.Number;
            if (_registration?.Pid == id.Pid && isMeant) _registration = null;
            Done(id, "ok");
        }
        else if (_registration is not null) Done(id, "EBUSY");
        else
        {
            _registration = new Registration(
                ++LastRegistration, id.Pid, notify.Method, notify.Signal, notify.Value);
            var untold = _used.Where(each => each.Value.Registration.Pid == id.Pid).Select(each => each.Key).ToArray();
            if (untold.Length >= 16) _used.Remove(untold[0]);
            Done(id, $"registered={LastRegistration}");
        }
    }

    private void Awaits((int Pid, ulong Seq) id, long number, Call call, long now)
    {
        if (_used.TryGetValue(number, out var used) && used.Registration.Pid == id.Pid) Tell(id, used);
        else if (_registration is { } current && current.Pid == id.Pid && current.Number == number)
            Park(id, Sort.Await, call, now, number);
        else Say(id, "ENOENT");
    }

    private void Told(Wait wait)
    {
        if (_registration?.Number == wait.Number) return;
        _waits.Remove(wait);
        if (_used.TryGetValue(wait.Number, out var used) && used.Registration.Pid == wait.Id.Pid) Tell(wait.Id, used);
        else Say(wait.Id, "ENOENT");
    }

    private void Tell((int Pid, ulong Seq) id, (Registration Registration, int Pid, uint Uid) used)
    {
        _used.Remove(used.Registration.Number);
        Done(id, $"notified={used.Registration.Value} by {used.Pid} {used.Uid}");
    }

    // ---- the queue ----

    private void Put(int pid, (uint Priority, string Body, uint Uid) message)
    {
        _texts.Add(new Text(++_serial, message.Priority, message.Body));
        if (Waiting().Any()) HandOver();
        else if (_texts.Count == 1 && _registration is { } registration)
        {
            _registration = null;
            if (registration.Method != 1) _used[registration.Number] = (registration, pid, message.Uid);
        }
    }

    private IEnumerable<Wait> Waiting() =>
        InLine(Sort.Receive).Where(wait => !wait.PassedOver && wait.Kept is null);

    private void HandOver()
    {
        while (Waiting().FirstOrDefault() is { } wait && First() is { } text)
        {
            if (wait.AwaySince is not null) wait.Kept = text;
            else Give(wait, text);
        }
    }

    private void Give(Wait wait, Text text)
    {
        _waits.Remove(wait);
        Take(wait.Id, text);
    }

    private void Take((int Pid, ulong Seq) id, Text text)
    {
        _texts.Remove(text);
        Done(id, $"message={text.Priority} \"{text.Body}\"", text);
    }

    private Text? First() => _texts.Where(text => _waits.All(wait => wait.Kept != text))
        .OrderByDescending(text => text.Priority).ThenBy(text => text.Serial).FirstOrDefault();

    private void LetIn()
    {
        while (_texts.Count < maxmsg && InLine(Sort.Send).FirstOrDefault() is { } wait)
        {
            _waits.Remove(wait);
            Done(wait.Id, "ok");
            _texts.Add(new Text(++_serial, wait.Message.Priority, wait.Message.Body));
            HandOver();
        }
    }

    private void Serve()
    {
        if (IsGone) return;
        HandOver();
        LetIn();
    }

    private void Back(Wait wait)
    {
        var (wasAway, kept) = (wait.AwaySince is not null || wait.PassedOver, wait.Kept);
        (wait.AwaySince, wait.PassedOver, wait.Kept) = (null, false, null);
        if (!wasAway || wait.Sort != Sort.Receive) return;
        if (kept is not null) Give(wait, First()!);
        Serve();
    }

    private void End(Wait wait, string outcome)
    {
        _waits.Remove(wait);
        Answer(wait, outcome);
        Serve();
    }
}
