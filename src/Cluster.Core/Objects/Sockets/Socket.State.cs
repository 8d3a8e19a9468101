using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;
using State = Cluster.Protocol.SocketState;

namespace Cluster.Core.Objects.Sockets;

/// <content>The snapshot of the socket, and its invariants.</content>
public sealed partial class Socket
{
    protected override void SaveState(Snapshot snapshot)
    {
        var state = new SocketSnapshot
        {
            Created = new SocketCreated
            {
                Permissions = Permissions.Clone(), Volatile = IsVolatile, Type = _type, Name = _name, Unnamed = _isUnnamed,
            },
            CtimeMs = CtimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextTicket = _nextTicket,
            Descriptions = SaveDescriptions(),
            State = _state,
        };
        if (HasName) SaveListener(state);
        else SaveConnection(state);
        snapshot.Socket = state;
    }

    private void SaveConnection(SocketSnapshot state)
    {
        state.Ends.AddRange(_ends.Select(end => end.ToState()));
        (state.Connecting, state.Accepting, state.PeerName) = (_connecting, _accepting, _peerName);
        if (_connectErrno is { } errno) state.ConnectErrno = (int)errno;
        if (IsConnectWaiting && Waiters.TryGet(_connecting!.Pid, _connecting.Seq, out var connecter))
            state.ConnectTicket = connecter.Ticket;
        state.Senders.AddRange(Waiters.InLine<SocketSender>().Select(each => each.ToState()));
        state.Receivers.AddRange(Waiters.InLine<SocketReceiver>().Select(each => each.ToState()));
        foreach (var (pid, seq, range) in AllCarried<CarriedRange>())
        {
            var carried = new CarriedSocketRange { Pid = pid, Seq = seq, Description = range.End + 1 };
            carried.Pieces.AddRange(range.Slots.Select(slot => slot.ToState()));
            state.Carried.Add(carried);
        }
    }

    private void SaveListener(SocketSnapshot state)
    {
        (state.Backlog, state.Shut, state.Peer, state.NextEntry) = (_backlog, _shut, _listener, _nextEntry);
        state.Queue.AddRange(_queue.Select(each => new StoredSocketEntry { Number = each.Key, Queued = each.Value }));
        state.Acceptors.AddRange(Waiters.InLine<SocketAcceptor>().Select(each => each.ToState()));
        state.Handing.AddRange(_handing.Values.OrderBy(each => each.Number).Select(each => new StoredSocketHanding
        {
            Entry = new StoredSocketEntry { Number = each.Number, Queued = each.Entry },
            Acceptor = each.Acceptor.ToState(),
        }));
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Socket;
        SetCreated(state.Created);
        ClearState();
        LoadShared(state.Created.Permissions, state.CtimeMs, state.Created.Volatile, state.Removed, state.Forgotten);
        LoadDescriptions(state.Descriptions);

        // Last: descriptions change what the ends and the state are.
        (_state, _nextTicket) = (state.State, state.NextTicket);
        if (HasName) LoadListener(state);
        else LoadConnection(state);
    }

    private void ClearState()
    {
        foreach (var end in _ends) end.Clear();
        _acceptors.Clear();
        _queue.Clear();
        _handing.Clear();
        (_parkedBytes, _state, _connectErrno) = (0, State.Unconnected, null);
    }

    private void LoadConnection(SocketSnapshot state)
    {
        (_connecting, _accepting, _peerName) = (state.Connecting, state.Accepting, state.PeerName);
        if (state.HasConnectErrno) _connectErrno = (Errno)state.ConnectErrno;
        for (var at = 0; at < state.Ends.Count; at++) _ends[at].Load(state.Ends[at]);
        foreach (var stored in state.Senders) Add(new SocketSender(stored.Sending, stored.Ticket, stored.Done));
        foreach (var stored in state.Receivers) Add(new SocketReceiver(stored.Receiving, stored.Ticket));
        if (state.ConnectTicket > 0) Waiters.Add(new SocketConnecter(_connecting!, state.ConnectTicket));
        foreach (var carried in state.Carried)
        {
            var slots = carried.Pieces.Select(PipeSlot.FromState).ToList();
            LoadCarried(carried.Pid, carried.Seq, new CarriedRange(EndOf(carried.Description), slots));
        }

        if (_state == State.Connecting) Outbox.Add(ConnectRequest(cancels: _connectErrno is not null));
        if (_state == State.Queued) AwaitAccepted();
    }

    private void LoadListener(SocketSnapshot state)
    {
        (_backlog, _shut, _listener, _nextEntry) = (state.Backlog, state.Shut, state.Peer, state.NextEntry);
        foreach (var stored in state.Queue) _queue.Add(stored.Number, stored.Queued);
        foreach (var stored in state.Acceptors) Add(new SocketAcceptor(stored.Parked, stored.Ticket));
        foreach (var stored in state.Handing)
        {
            AddHanding(
                stored.Entry.Number, stored.Entry.Queued, new SocketAcceptor(stored.Acceptor.Parked, stored.Acceptor.Ticket));
        }
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        CheckDescriptions();
        var (senders, receivers) = (Waiters.InLine<SocketSender>(), Waiters.InLine<SocketReceiver>());
        foreach (var end in _ends)
        {
            Require(end.Buffer.Bytes == end.Buffer.Content.Sum(slot => (long)slot.Length), "bytes are counted");
            Require(end.Buffer.HasPackets || end.Buffer.Content.All(slot => slot.Length > 0), "no piece is empty");
            Require(
                end.Receivers.FirstAtLeast(0) is not SocketReceiver first
                || (end.IsOpen && !end.IsReceivable(first.Size, first.Flags)),
                "no receiver waits for what is there, or is over");
            Require(
                end.Senders.FirstAtLeast(0) is not SocketSender next || (end.IsOpen && !end.IsSendShut
                    && _ends.Any(other => other != end && other.Buffer.RoomFor(next.Rest.Length) is null)),
                "no sender waits while there is room");
            var last = -1L;
            foreach (var slot in end.Buffer.Content)
            {
                Require(slot.Position > last, "bytes stand in the order in which they were sent");
                last = slot.Position;
            }
        }

        Require(
            senders.Concat<Waiter>(receivers).Concat(Waiters.InLine<SocketAcceptor>())
                .All(each => each.InTree || each.Presence == Presence.PassedOver),
            "every caller has one place");
        Require(_parkedBytes == senders.Sum(sender => (long)sender.Rest.Length), "waiting bytes are counted");
        Require(!IsConnectWaiting || Phase != Life.Alive
            || Outbox.Contains(ListenerKey, Request.BodyOneofCase.ConnectSocket), "a call of connect asks");
        Require(_state != State.Queued || Phase != Life.Alive
            || Outbox.Contains(ListenerKey, Request.BodyOneofCase.AwaitAccept), "a connection in a backlog asks");
        Require(_handing.Keys.All(each => Outbox.Contains(KeyOf(each), Request.BodyOneofCase.AcceptConnection)),
            "a connection that is being accepted is asked");
        Require(
            _queue.Values.Select(entry => entry.Connection).Concat(_handing.Keys).Distinct().Count()
                == _queue.Count + _handing.Count,
            "a connection is once in the backlog");
        Require(_queue.Count == 0 || DescriptionCount > 0, "a closed socket has no backlog");
        Require(_acceptors.FirstAtLeast(0) is null || _queue.Count == 0, "nobody waits for a connection that is there");
    }
}
