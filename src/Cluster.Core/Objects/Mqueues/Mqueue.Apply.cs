using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.Mqueues;

/// <content>How events change the queue, its snapshot, and its invariants.</content>
public sealed partial class Mqueue
{
    // ---- apply ----

    protected override void ApplyNamed(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.Mqueue) throw UnknownFact(fact);
        Apply(fact.Mqueue);
    }

    private void Apply(MqueueFact fact)
    {
        switch (fact.FactCase)
        {
            case MqueueFact.FactOneofCase.Created:
                var created = fact.Created;
                _size = created.Size;
                ApplyCreated(
                    created.Permissions, created.TimeMs, created.Volatile, created.Creator, created.CreatorSeq);
                break;
            case MqueueFact.FactOneofCase.Sent:
                var sent = fact.Sent;
                Append(sent.Priority, sent.Text);
                ApplyCompleted(sent.Pid, new Result { Seq = sent.Seq });
                break;
            case MqueueFact.FactOneofCase.ParkedSent:
                var late = fact.ParkedSent;
                var sender = (MqueueSender)ApplyCompleted(late.Pid, new Result { Seq = late.Seq })!;
                Append(sender.Priority, sender.Text);
                break;
            case MqueueFact.FactOneofCase.Received:
                Apply(fact.Received);
                break;
            case MqueueFact.FactOneofCase.Returned:
                var returned = fact.Returned;
                if (Ledger.TryTakeCarried(returned.Pid, returned.Receive, out var carried)) ApplyReturned([carried]);
                ApplyCompleted(returned.Pid, new Result { Seq = returned.Seq });
                break;
            case MqueueFact.FactOneofCase.ReceiverParked:
                Add(new MqueueReceiver(fact.ReceiverParked, _nextTicket++));
                break;
            case MqueueFact.FactOneofCase.SenderParked:
                Add(new MqueueSender(fact.SenderParked, _nextTicket++));
                break;
            case MqueueFact.FactOneofCase.Registered:
                Apply(fact.Registered);
                break;
            case MqueueFact.FactOneofCase.Unregistered:
                _registration = null;
                if (fact.Unregistered.Seq != 0)
                    ApplyCompleted(fact.Unregistered.Pid, new Result { Seq = fact.Unregistered.Seq });
                break;
            case MqueueFact.FactOneofCase.Notified:
                Apply(fact.Notified);
                break;
            case MqueueFact.FactOneofCase.Awaited:
                Apply(fact.Awaited);
                break;
            case MqueueFact.FactOneofCase.Removed:
                _messages.Clear();
                _registration = null;
                _used.Clear();
                ApplyNamedRemoved();
                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a POSIX message queue");
        }
    }

    private void Append(uint priority, ByteString text) =>
        _messages.Add(new PriorityMessage(_nextSerial++, priority, text));

    private void Apply(MqueueReceived received)
    {
        var message = _messages.Remove(received.Serial);
        var taken = new MqueueMessage { Priority = message.Priority, Text = message.Text };
        ApplyCompleted(received.Pid, new Result { Seq = received.Seq, MqueueMessage = taken }, message);
    }

    private void Apply(MqueueRegistered registered)
    {
        var number = _nextRegistration++;
        var untold = _used.Values.Where(used => used.Pid == registered.Pid).Select(used => used.Number).ToArray();
        if (untold.Length >= UsedBound) _used.Remove(untold.Min());
        _registration = new StoredMqueueRegistration
        {
            Number = number,
            Pid = registered.Pid,
            Method = registered.Method,
            Signal = registered.Signal,
            Value = registered.Value,
        };
        var result = new MqueueRegistration { Number = number };
        ApplyCompleted(registered.Pid, new Result { Seq = registered.Seq, MqueueRegistration = result });
    }

    private void Apply(MqueueNotified notified)
    {
        var used = _registration!;
        _registration = null;
        used.Notification = notified.Notification;
        if (used.Method == NotifyMethods.None) return; // nobody is told
        _used.TryAdd(used.Number, used);
    }

    private void Apply(MqueueAwaited awaited)
    {
        _used.Remove(awaited.Registration, out var used);
        ApplyCompleted(
            awaited.Pid, new Result { Seq = awaited.Seq, MqueueNotification = used?.Notification?.Clone() });
    }

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var message in carried.Cast<PriorityMessage>()) _messages.Add(message);
    }

    protected override void ApplyExit(ExitRecorded exit)
    {
        base.ApplyExit(exit);
        if (_registration?.Pid == exit.Pid) _registration = null;
        foreach (var used in _used.Values.Where(used => used.Pid == exit.Pid).ToArray()) _used.Remove(used.Number);
    }

    private void Add(MqueueReceiver receiver)
    {
        Waiters.Add(receiver);
        _receivers.Add(receiver, 0);
        _receiverCount++;
    }

    private void Add(MqueueSender sender)
    {
        Waiters.Add(sender);
        _senders.Add(sender, 0);
        _parkedBytes += sender.Text.Length;
    }

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter is MqueueSender sender)
        {
            _senders.Remove(sender);
            _parkedBytes -= sender.Text.Length;
        }
        else if (waiter is MqueueReceiver receiver)
        {
            if (receiver.InTree) _receivers.Remove(receiver);
            _receiverCount--;
            if (receiver.Held is not { } held) return;
            _messages.Unhold(held);
        }
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new MqueueState
        {
            Created = new MqueueCreated
            {
                Permissions = Permissions.Clone(), Size = _size.Clone(), Volatile = IsVolatile,
            },
            CtimeMs = CtimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextSerial = _nextSerial,
            NextTicket = _nextTicket,
            NextRegistration = _nextRegistration,
            Registration = _registration?.Clone(),
            Descriptions = SaveDescriptions(),
        };
        state.Messages.AddRange(_messages.All.OrderBy(message => message.Serial).Select(each => each.ToState()));
        state.Used.AddRange(_used.Values.OrderBy(used => used.Number).Select(used => used.Clone()));
        foreach (var receiver in Waiters.InLine<MqueueReceiver>())
            state.Receivers.Add(new StoredMqueueReceiver { Ticket = receiver.Ticket, Parked = receiver.ToState() });
        foreach (var sender in Waiters.InLine<MqueueSender>())
            state.Senders.Add(new StoredMqueueSender { Ticket = sender.Ticket, Parked = sender.ToState() });
        foreach (var (pid, seq, message) in AllCarried<PriorityMessage>())
            state.Carried.Add(new CarriedMqueueMessage { Pid = pid, Seq = seq, Message = message.ToState() });
        snapshot.Mqueue = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Mqueue;
        _messages.Clear();
        _receivers.Clear();
        _senders.Clear();
        _used.Clear();
        _awaiting = null;
        _receiverCount = 0;
        _parkedBytes = 0;
        _size = state.Created.Size;
        LoadShared(state.Created.Permissions, state.CtimeMs, state.Created.Volatile, state.Removed, state.Forgotten);
        (_nextSerial, _nextTicket) = (state.NextSerial, state.NextTicket);
        (_nextRegistration, _registration) = (state.NextRegistration, state.Registration?.Clone());
        foreach (var message in state.Messages) _messages.Add(FromState(message));
        foreach (var used in state.Used) _used.TryAdd(used.Number, used.Clone());
        foreach (var stored in state.Receivers) Add(new MqueueReceiver(stored.Parked, stored.Ticket));
        foreach (var stored in state.Senders) Add(new MqueueSender(stored.Parked, stored.Ticket));
        foreach (var carried in state.Carried) LoadCarried(carried.Pid, carried.Seq, FromState(carried.Message));
        LoadDescriptions(state.Descriptions);
    }

    private static PriorityMessage FromState(StoredMqueueMessage message) =>
        new(message.Serial, message.Priority, message.Text);

    // ---- invariants ----

    public override void CheckInvariants()
    {
        CheckDescriptions();
        Require(_messages.All.Sum(message => (long)message.Text.Length) == _messages.Bytes, "bytes are counted");
        Require(_receivers.Count == 0 || _messages.First is null, "no receiver waits in line for a message that is there");
        Require(_senders.Count == 0 || _messages.Count >= _size.Maxmsg, "no sender waits while there is room");
        var receivers = Waiters.OfSort<MqueueReceiver>().ToArray();
        var away = receivers.Count(receiver =>
            !receiver.InTree && (receiver.Held is not null || receiver.Presence == Presence.PassedOver));
        Require(_receivers.Count + away == receivers.Length, "every receiver has one place");
        Require(_receiverCount == receivers.Length, "receivers are counted");
        Require(_senders.Count == Waiters.OfSort<MqueueSender>().Count(), "every sender stands in line");
        Require(
            _registration is null || AllHolders.Any(each => each.Pid == _registration.Pid),
            "the registered process has the queue open");
    }
}
