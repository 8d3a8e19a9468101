using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;
using State = Cluster.Protocol.SocketState;

namespace Cluster.Core.Objects.Sockets;

/// <content>How events change the socket.</content>
public sealed partial class Socket
{
    protected override void ApplyNamed(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.Socket) throw UnknownFact(fact);
        Apply(fact.Socket);
    }

    private void Apply(SocketFact fact)
    {
        switch (fact.FactCase)
        {
            case SocketFact.FactOneofCase.Created:
                Apply(fact.Created);
                break;
            case SocketFact.FactOneofCase.Listening:
                Apply(fact.Listening);
                break;
            case SocketFact.FactOneofCase.Connecting:
                Apply(fact.Connecting);
                break;
            case SocketFact.FactOneofCase.ConnectEnding:
                ApplyConnectEnding((Errno)fact.ConnectEnding.Errno);
                break;
            case SocketFact.FactOneofCase.ConnectEnded:
                Apply(fact.ConnectEnded);
                break;
            case SocketFact.FactOneofCase.Accepting:
                _accepting = fact.Accepting;
                _state = State.Connected;
                Outbox.Remove(ListenerKey, Request.BodyOneofCase.AwaitAccept);
                break;
            case SocketFact.FactOneofCase.Reset:
                Outbox.Remove(ListenerKey, Request.BodyOneofCase.AwaitAccept);
                _state = State.Connected;
                CloseEnd(_ends[1], _ends[0], isAbrupt: true);
                break;
            case SocketFact.FactOneofCase.Queued:
                _queue.Add(_nextEntry++, fact.Queued);
                break;
            case SocketFact.FactOneofCase.Unqueued:
                ApplyUnqueued(fact.Unqueued.Connection);
                break;
            case SocketFact.FactOneofCase.AcceptParked:
                Add(new SocketAcceptor(fact.AcceptParked, _nextTicket++));
                break;
            case SocketFact.FactOneofCase.Handing:
                Apply(fact.Handing);
                break;
            case SocketFact.FactOneofCase.Handed:
                Apply(fact.Handed);
                break;
            default:
                ApplyTransfer(fact);
                break;
        }
    }

    private void ApplyTransfer(SocketFact fact)
    {
        switch (fact.FactCase)
        {
            case SocketFact.FactOneofCase.Put:
                var put = fact.Put;
                _ends[1 - EndOf(put.Description)].Buffer.Write(put.Data.Span);
                Complete(put.Pid, put.Seq, put.Data.Length);
                break;
            case SocketFact.FactOneofCase.Sending:
                var sender = new SocketSender(fact.Sending, _nextTicket++, done: 0);
                Add(sender);
                if (!fact.Sending.Behind) Advance(sender);
                break;
            case SocketFact.FactOneofCase.Advanced:
                Advance(SenderOf(fact.Advanced.Pid, fact.Advanced.Seq));
                break;
            case SocketFact.FactOneofCase.SendEnded:
                Apply(fact.SendEnded);
                break;
            case SocketFact.FactOneofCase.Taken:
                Apply(fact.Taken);
                break;
            case SocketFact.FactOneofCase.Receiving:
                Add(new SocketReceiver(fact.Receiving, _nextTicket++));
                break;
            case SocketFact.FactOneofCase.Shut:
                Apply(fact.Shut);
                break;
            case SocketFact.FactOneofCase.ErrorTold:
                var told = fact.ErrorTold;
                _ends[EndOf(told.Description)].IsReset = false;
                ApplyCompleted(told.Pid, new Result { Seq = told.Seq, Errno = (int)Errno.ECONNRESET });
                break;
            case SocketFact.FactOneofCase.Removed:
                ApplySocketRemoved();
                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a socket");
        }
    }

    private void Apply(SocketCreated created)
    {
        SetCreated(created);
        ApplyCreated(
            created.Permissions, created.TimeMs, created.Volatile, created.Creator, created.CreatorSeq, created.Unnamed);
    }

    private void SetCreated(SocketCreated created)
    {
        (_type, _name, _isUnnamed) = (created.Type, created.Name, created.Unnamed);
        foreach (var end in _ends) end.Buffer.HasPackets = _type != SocketFlags.SOCK_STREAM;
        var (uid, gid) = (created.Permissions.Uid, created.Permissions.Gid);
        // As socketpair(2) needs it. connect(2) and accept(2) name others.
        foreach (var end in _ends) end.Peer = new SocketPeer { Pid = created.Creator, Uid = uid, Gid = gid };
    }

    private void ApplySocketRemoved()
    {
        foreach (var end in _ends) end.Clear();
        _queue.Clear();
        _handing.Clear();
        _state = State.Unconnected;
        (_connectErrno, _accepting) = (null, null);
        // What is asked is of no use any more, and the notice of the end is the business of the part that all objects share.
        if (_connecting is not null)
        {
            Outbox.Remove(ListenerKey, Request.BodyOneofCase.ConnectSocket);
            Outbox.Remove(ListenerKey, Request.BodyOneofCase.AwaitAccept);
        }

        ApplyNamedRemoved();
    }

    // ---- connect(2), accept(2) ----

    private void Apply(SocketConnecting connecting)
    {
        Waiters.Add(new SocketConnecter(connecting, _nextTicket++));
        (_state, _connecting) = (State.Connecting, connecting);
        Outbox.Add(ConnectRequest(cancels: false));
    }

    private void ApplyConnectEnding(Errno errno)
    {
        _connectErrno = errno;
        Waiters.Remove(_connecting!.Pid, _connecting.Seq, out _);
        Outbox.Add(ConnectRequest(cancels: true));
    }

    private void Apply(SocketConnectEnded ended)
    {
        var (pid, seq) = (_connecting!.Pid, _connecting.Seq);
        Outbox.Remove(ListenerKey, Request.BodyOneofCase.ConnectSocket);
        _connectErrno = null;
        if (ended.Errno == 0)
        {
            _state = State.Queued;
            _peerName = ended.Name;
            _ends[0].Peer = ended.Peer ?? new SocketPeer();
            _ends[1].Peer = PeerOf(pid, _connecting.Credentials);
            AwaitAccepted();
            // The process ended meanwhile. The connection is accepted all the same.
            if (!_ends[0].IsOpen) CloseEnd(_ends[0], _ends[1], isAbrupt: false);
        }
        else
        {
            (_state, _connecting) = (State.Unconnected, null);
        }

        if (!Ledger.HasExited(pid)) ApplyCompleted(pid, new Result { Seq = seq, Errno = ended.Errno });
    }

    private void AwaitAccepted() => Outbox.Add(new Request
    {
        To = ListenerKey, AwaitAccept = new AwaitAccept { Connection = Id, Attempt = Attempt },
    });

    // ESRCH: the connection stays in the backlog, for the next call of accept(2).
    protected override void ApplyHandedOver(long number, bool isHeld)
    {
        if (isHeld) return;
        (_accepting, _state) = (null, State.Queued);
        AwaitAccepted();
    }

    protected override void ApplyDescription(Description description, int change)
    {
        if (HasName)
        {
            if (change < 0 && DescriptionCount == 0) ApplyListenerClosed();
            return;
        }

        var at = EndOf(description.Number);
        var end = _ends[at];
        if (change > 0)
        {
            (end.IsOpen, end.Description) = (true, description.Number);
            if (at == 1 && _state == State.Unconnected) _state = State.Connected; // socketpair(2)
        }
        else if (at == 1 && _state == State.Queued)
        {
            end.IsOpen = false; // it was on its way, and comes to another process
        }
        else
        {
            CloseEnd(end, _ends[1 - at], isAbrupt: !end.Buffer.IsEmpty);
        }
    }

    // unix_release_sock of net/unix/af_unix.c.
    private void CloseEnd(SocketEnd end, SocketEnd other, bool isAbrupt)
    {
        end.IsOpen = false;
        if (!IsConnected) return;
        end.Shut = other.Shut = SocketFlags.SHUTDOWN_MASK;
        if (isAbrupt) other.IsReset = true;
        end.Buffer.Clear();
    }

    // ---- send(2), recv(2), shutdown(2) ----

    private void Advance(SocketSender sender)
    {
        var buffer = _ends[1 - EndOf(sender.Description)].Buffer;
        if (buffer.RoomFor(sender.Rest.Length) is not { } count) return;
        buffer.Write(sender.Rest.Span[..count]);
        sender.Advance(count);
        _parkedBytes -= count;
        if (sender.Rest.Length == 0) Complete(sender.Pid, sender.Seq, sender.Done);
    }

    private void Apply(SocketSendEnded ended)
    {
        var done = SenderOf(ended.Pid, ended.Seq).Done;
        if (done > 0) Complete(ended.Pid, ended.Seq, done);
        else ApplyCompleted(ended.Pid, new Result { Seq = ended.Seq, Errno = ended.Errno });
    }

    private void Complete(int pid, ulong seq, long bytes) =>
        ApplyCompleted(pid, new Result { Seq = seq, SocketSent = new SocketSent { Bytes = bytes } });

    private void Apply(SocketTaken taken)
    {
        var at = EndOf(taken.Description);
        var slots = _ends[at].Buffer.Read(taken.Size);
        var length = slots.Sum(slot => (long)slot.Length);
        var bytes = new SocketBytes { Data = SlotLine.Join(slots, Math.Min(taken.Size, length)), Length = length };
        ApplyCompleted(
            taken.Pid, new Result { Seq = taken.Seq, SocketBytes = bytes },
            slots.Count == 0 ? null : new CarriedRange(at, slots));
    }

    private void Apply(SocketShut shut)
    {
        var mode = shut.How + 1; // the bits of sk_shutdown
        if (HasName)
        {
            _shut |= mode;
        }
        else
        {
            var at = EndOf(shut.Description);
            _ends[at].Shut |= mode;
            var crossed = ((mode & SocketFlags.RCV_SHUTDOWN) << 1) | ((mode & SocketFlags.SEND_SHUTDOWN) >> 1);
            if (IsConnected) _ends[1 - at].Shut |= crossed;
        }

        ApplyCompleted(shut.Pid, new Result { Seq = shut.Seq });
    }

    private SocketSender SenderOf(int pid, ulong seq) => Waiters.TryGet(pid, seq, out var waiter)
        ? (SocketSender)waiter
        : throw new InvalidOperationException($"call {pid}.{seq} does not wait to send");

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var range in carried.Cast<CarriedRange>().Where(range => _ends[range.End].IsOpen))
        {
            foreach (var slot in range.Slots) _ends[range.End].Buffer.PutBack(slot);
        }
    }

    private void Add(SocketSender sender)
    {
        Waiters.Add(sender);
        _ends[EndOf(sender.Description)].Senders.Add(sender, 0);
        _parkedBytes += sender.Rest.Length;
    }

    private void Add(SocketReceiver receiver)
    {
        Waiters.Add(receiver);
        _ends[EndOf(receiver.Description)].Receivers.Add(receiver, 0);
    }

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter.InTree) LineOf(waiter)!.Remove(waiter);
        if (waiter is SocketSender sender) _parkedBytes -= sender.Rest.Length;
    }
}
