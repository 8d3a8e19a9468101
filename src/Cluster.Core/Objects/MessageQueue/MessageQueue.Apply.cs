using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueue;

/// <content>How events change the queue, how its state is saved, and what must always hold.</content>
public sealed partial class MessageQueue
{
    // Messages that may be chosen again since their receiver left or a dead process returned them; the decision who
    // gets them comes after the event that let them go.
    private SortedSet<QueuedMessage>? _letGo;

    private static readonly Comparer<QueuedMessage> BySerial =
        Comparer<QueuedMessage>.Create((one, other) => one.Serial.CompareTo(other.Serial));

    // While a snapshot is loaded: what the stored results carry.
    private Dictionary<(int Pid, ulong Seq), QueuedMessage>? _loading;

    // ---- apply ----

    /// <inheritdoc/>
    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.QueueCreated:
                Apply(fact.QueueCreated);
                break;
            case Event.FactOneofCase.MessageQueued:
                var queued = fact.MessageQueued;
                Append(queued.Pid, queued.Seq, queued.Type, queued.Text, queued.TimeMs);
                ApplyCompleted(queued.Pid, new Result { Seq = queued.Seq });
                break;
            case Event.FactOneofCase.ParkedMessageQueued:
                var late = fact.ParkedMessageQueued;
                var sender = (Sender)ApplyCompleted(late.Pid, new Result { Seq = late.Seq })!;
                Append(late.Pid, late.Seq, sender.Call.Type, sender.Call.Text, late.TimeMs);
                break;
            case Event.FactOneofCase.MessageReceived:
                Apply(fact.MessageReceived);
                break;
            case Event.FactOneofCase.ReceiverParked:
                var receiver = new Receiver(fact.ReceiverParked, _nextTicket++);
                Waiters.Add(receiver);
                _receivers.Add(receiver);
                break;
            case Event.FactOneofCase.SenderParked:
                var parked = new Sender(fact.SenderParked, _nextTicket++);
                Line(parked);
                break;
            case Event.FactOneofCase.QueueSet:
                Apply(fact.QueueSet);
                break;
            case Event.FactOneofCase.QueueRemoved:
                _messages.Clear();
                _letGo = null;
                ApplyRemoved();
                break;
            default:
                if (!ApplyCommon(fact)) throw new InvalidOperationException($"a queue knows no {fact.FactCase}");
                break;
        }
    }

    private void Apply(QueueCreated created)
    {
        _id = created.Id;
        _permissions = created.Permissions.Clone();
        _qbytes = created.Qbytes;
        _ctimeMs = created.TimeMs;
        _volatile = created.Volatile;
        ApplyCreated();
    }

    private void Append(int pid, ulong seq, long type, Google.Protobuf.ByteString text, long timeMs)
    {
        _messages.Add(new QueuedMessage(_nextSerial++, type, text));
        _lspid = pid;
        _stimeMs = timeMs;
    }

    private void Apply(MessageReceived received)
    {
        var message = _messages.Remove(received.Serial);
        var size = received.Cut ? received.Size : message.Text.Length;
        var result = new Result { Seq = received.Seq, Message = Cut(message, size) };
        ApplyCompleted(received.Pid, result, message);
        _lrpid = received.Pid;
        _rtimeMs = received.TimeMs;
    }

    private void Apply(QueueSet set)
    {
        _permissions.Uid = set.Values.Uid;
        _permissions.Gid = set.Values.Gid;
        _permissions.Mode = set.Values.Mode & IpcFlags.ModeBits;
        _qbytes = set.Values.Qbytes;
        _ctimeMs = set.TimeMs;
        ApplyCompleted(set.Pid, new Result { Seq = set.Seq });
    }

    /// <inheritdoc/>
    protected override void ApplyUnparked(Waiter waiter)
    {
        if (waiter is Sender)
        {
            _senders.Remove(waiter);
            _parkedBytes -= ((Sender)waiter).Call.Text.Length;
            return;
        }

        var receiver = (Receiver)waiter;
        _receivers.Remove(receiver);
        if (receiver.Held is not { } held) return;
        receiver.Held = null;
        if (!held.IsHeld) return;
        _messages.Unhold(held);
        (_letGo ??= new(BySerial)).Add(held);
    }

    /// <inheritdoc/>
    protected override void ApplyReturned(List<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var message in carried.Cast<QueuedMessage>().OrderBy(message => message.Serial))
        {
            _messages.Add(message);
            (_letGo ??= new(BySerial)).Add(message);
        }
    }

    private void Line(Sender sender)
    {
        Waiters.Add(sender);
        _senders.Add(sender, sender.Call.Text.Length);
        _parkedBytes += sender.Call.Text.Length;
    }

    private QueuedMessage MessageOf(ulong serial) =>
        _messages.Find(serial) ?? throw new InvalidOperationException($"no message {serial} in the queue");

    // ---- snapshot ----

    /// <inheritdoc/>
    protected override void SaveState(Snapshot snapshot)
    {
        var state = new MessageQueueState
        {
            Created = new QueueCreated { Id = _id, Volatile = _volatile },
            Permissions = _permissions.Clone(),
            Qbytes = _qbytes,
            StimeMs = _stimeMs,
            RtimeMs = _rtimeMs,
            CtimeMs = _ctimeMs,
            Lspid = _lspid,
            Lrpid = _lrpid,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextSerial = _nextSerial,
            NextTicket = _nextTicket,
        };
        foreach (var message in _messages.All) state.Messages.Add(message.ToState());
        foreach (var waiter in InLine())
        {
            if (waiter is Receiver receiver)
                state.Receivers.Add(new StoredReceiver { Ticket = waiter.Ticket, Parked = receiver.ToState() });
            else
                state.Senders.Add(new StoredSender { Ticket = waiter.Ticket, Parked = ((Sender)waiter).ToState() });
        }

        foreach (var (pid, result, load) in Ledger.All().OrderBy(each => (each.Pid, each.Result.Seq)))
        {
            if (load is QueuedMessage message)
                state.Carried.Add(new CarriedMessage { Pid = pid, Seq = result.Seq, Message = message.ToState() });
        }

        snapshot.MessageQueue = state;
    }

    /// <inheritdoc/>
    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.MessageQueue;
        _messages.Clear();
        _receivers.Clear();
        _senders.Clear();
        _parkedBytes = 0;
        _letGo = null;
        _loading = null;
        _id = state.Created.Id;
        _volatile = state.Created.Volatile;
        _permissions = state.Permissions.Clone();
        (_qbytes, _stimeMs, _rtimeMs, _ctimeMs) = (state.Qbytes, state.StimeMs, state.RtimeMs, state.CtimeMs);
        (_lspid, _lrpid) = (state.Lspid, state.Lrpid);
        (_nextSerial, _nextTicket) = (state.NextSerial, state.NextTicket);
        foreach (var message in state.Messages) _messages.Add(FromState(message));
        foreach (var stored in state.Receivers)
        {
            var receiver = new Receiver(stored.Parked, stored.Ticket);
            Waiters.Add(receiver);
            _receivers.Add(receiver);
        }

        foreach (var stored in state.Senders)
        {
            var sender = new Sender(stored.Parked, stored.Ticket);
            Line(sender);
        }

        foreach (var carried in state.Carried)
            (_loading ??= [])[(carried.Pid, carried.Seq)] = FromState(carried.Message);
        LoadPhase(state.Removed, state.Forgotten);
    }

    /// <inheritdoc/>
    protected override object? CarriedBy(int pid, ulong seq)
    {
        if (_loading is null || !_loading.Remove((pid, seq), out var load)) return null;
        if (_loading.Count == 0) _loading = null;
        return load;
    }

    private static QueuedMessage FromState(StoredMessage message) => new(message.Serial, message.Type, message.Text);

    // ---- invariants ----

    /// <inheritdoc/>
    public override void CheckInvariants()
    {
        var bytes = _messages.All.Sum(message => (long)message.Text.Length);
        Require(bytes == _messages.Bytes, "msg_cbytes is the sum of the lengths");
        Require(_messages.Count == _messages.All.Count(), "msg_qnum is the number of messages");
        Require(_letGo is null, "nobody forgot to offer a message");
        ulong last = 0;
        foreach (var message in _messages.All)
        {
            Require(message.Serial > last, "messages stand in the order of their arrival");
            last = message.Serial;
            if (message.IsHeld) continue;
            Require(_receivers.FirstFor(message.Type) is null,
                "no receiver waits in line while a message lies there that it could take");
        }

        Require(_senders.FirstAtMost(Room()) is null, "no sender waits whose message fits");
        var away = Waiters.All.Count(waiter => waiter is Receiver { InTree: false } receiver
            && (receiver.Held is not null || receiver.Presence == Presence.PassedOver));
        Require(_receivers.Count + away + _senders.Count == Waiters.Count, "every waiter stands in one line");
    }

    private static void Require(bool condition, string what)
    {
        if (!condition) throw new InvalidOperationException("broken invariant: " + what);
    }
}
