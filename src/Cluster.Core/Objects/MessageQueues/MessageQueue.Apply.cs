using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.MessageQueues;

/// <content>How events change the queue, its snapshot, and its invariants.</content>
public sealed partial class MessageQueue
{
    private static readonly Comparer<QueuedMessage> BySerial =
        Comparer<QueuedMessage>.Create((one, other) => one.Serial.CompareTo(other.Serial));

    // Messages that became free: their receiver left the line, or they were put back. The decision who gets them comes
    // after the event.
    private SortedSet<QueuedMessage>? _freed;

    // ---- apply ----

    protected override void ApplyOwn(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.QueueCreated:
                var created = fact.QueueCreated;
                _qbytes = created.Qbytes;
                ApplyCreated(created.Permissions, created.TimeMs, created.Volatile);
                break;
            case Event.FactOneofCase.MessageQueued:
                var queued = fact.MessageQueued;
                Append(queued.Pid, queued.Type, queued.Text, queued.TimeMs);
                ApplyCompleted(queued.Pid, new Result { Seq = queued.Seq });
                break;
            case Event.FactOneofCase.ParkedMessageQueued:
                var late = fact.ParkedMessageQueued;
                var sender = (Sender)ApplyCompleted(late.Pid, new Result { Seq = late.Seq })!;
                Append(late.Pid, sender.Call.Type, sender.Call.Text, late.TimeMs);
                break;
            case Event.FactOneofCase.MessageReceived:
                Apply(fact.MessageReceived);
                break;
            case Event.FactOneofCase.MessageReturned:
                Apply(fact.MessageReturned);
                break;
            case Event.FactOneofCase.ReceiverParked:
                Add(new Receiver(fact.ReceiverParked, _nextTicket++));
                break;
            case Event.FactOneofCase.SenderParked:
                Add(new Sender(fact.SenderParked, _nextTicket++));
                break;
            case Event.FactOneofCase.QueueSet:
                var set = fact.QueueSet;
                _qbytes = set.Values.Qbytes;
                ApplySet(set.Values.Uid, set.Values.Gid, set.Values.Mode, set.TimeMs, set.Pid, set.Seq);
                break;
            case Event.FactOneofCase.QueueRemoved:
                _messages.Clear();
                _freed = null;
                ApplyRemoved();
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Append(int pid, long type, ByteString text, long timeMs)
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

    private void Apply(MessageReturned returned)
    {
        if (Ledger.TryTakeCarried(returned.Pid, returned.Receive, out var carried)) ApplyReturned([carried]);
        ApplyCompleted(returned.Pid, new Result { Seq = returned.Seq });
    }

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var message in carried.Cast<QueuedMessage>())
        {
            _messages.Add(message);
            (_freed ??= new(BySerial)).Add(message);
        }
    }

    private void Add(Receiver receiver)
    {
        Waiters.Add(receiver);
        _receivers.Add(receiver);
        _receiverCount++;
    }

    private void Add(Sender sender)
    {
        Waiters.Add(sender);
        _senders.Add(sender, sender.Call.Text.Length);
        _parkedBytes += sender.Call.Text.Length;
    }

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter is Sender sender)
        {
            _senders.Remove(sender);
            _parkedBytes -= sender.Call.Text.Length;
        }
        else if (waiter is Receiver receiver)
        {
            _receivers.Remove(receiver);
            _receiverCount--;
            if (receiver.Held is not { } held) return;
            _messages.Unhold(held);
            (_freed ??= new(BySerial)).Add(held);
        }
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new MessageQueueState
        {
            Created = new QueueCreated { Id = Id, Volatile = IsVolatile },
            Permissions = Permissions.Clone(),
            Qbytes = _qbytes,
            StimeMs = _stimeMs,
            RtimeMs = _rtimeMs,
            CtimeMs = CtimeMs,
            Lspid = _lspid,
            Lrpid = _lrpid,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextSerial = _nextSerial,
            NextTicket = _nextTicket,
        };
        foreach (var message in _messages.All) state.Messages.Add(message.ToState());
        foreach (var receiver in Waiters.InLine<Receiver>())
            state.Receivers.Add(new StoredReceiver { Ticket = receiver.Ticket, Parked = receiver.ToState() });
        foreach (var sender in Waiters.InLine<Sender>())
            state.Senders.Add(new StoredSender { Ticket = sender.Ticket, Parked = sender.ToState() });
        foreach (var (pid, seq, message) in AllCarried<QueuedMessage>())
            state.Carried.Add(new CarriedMessage { Pid = pid, Seq = seq, Message = message.ToState() });
        snapshot.MessageQueue = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.MessageQueue;
        _messages.Clear();
        _receivers.Clear();
        _senders.Clear();
        _receiverCount = 0;
        _parkedBytes = 0;
        _freed = null;
        LoadShared(state.Permissions, state.CtimeMs, state.Created.Volatile, state.Removed, state.Forgotten);
        (_qbytes, _stimeMs, _rtimeMs) = (state.Qbytes, state.StimeMs, state.RtimeMs);
        (_lspid, _lrpid) = (state.Lspid, state.Lrpid);
        (_nextSerial, _nextTicket) = (state.NextSerial, state.NextTicket);
        foreach (var message in state.Messages) _messages.Add(FromState(message));
        foreach (var stored in state.Receivers) Add(new Receiver(stored.Parked, stored.Ticket));
        foreach (var stored in state.Senders) Add(new Sender(stored.Parked, stored.Ticket));
        foreach (var carried in state.Carried) LoadCarried(carried.Pid, carried.Seq, FromState(carried.Message));
    }

    private static QueuedMessage FromState(StoredMessage message) => new(message.Serial, message.Type, message.Text);

    // ---- invariants ----

    public override void CheckInvariants()
    {
        var bytes = _messages.All.Sum(message => (long)message.Text.Length);
        Require(bytes == _messages.Bytes, "msg_cbytes is the sum of the lengths");
        Require(_messages.Count == _messages.All.Count(), "msg_qnum is the number of messages");
        Require(_freed is null, "every message that became free was offered to the receivers");
        ulong last = 0;
        foreach (var message in _messages.All)
        {
            Require(message.Serial > last, "messages stand in the order of their arrival");
            last = message.Serial;
            if (message.Holder is not null) continue;
            Require(_receivers.FirstFor(message.Type) is null, "no receiver waits in line for a message that is there");
        }

        Require(_senders.FirstAtMost(Room()) is null, "no sender waits whose message fits");
        var away = Waiters.OfSort<Receiver>().Count(receiver => !receiver.InTree
            && (receiver.Held is not null || receiver.Presence == Presence.PassedOver));
        Require(_receivers.Count + away == Waiters.OfSort<Receiver>().Count(), "every receiver has one place");
        Require(_receiverCount == Waiters.OfSort<Receiver>().Count(), "receivers are counted");
        Require(_senders.Count == Waiters.OfSort<Sender>().Count(), "every sender stands in line");
    }
}
