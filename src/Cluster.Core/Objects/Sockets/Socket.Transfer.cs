using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.Sockets;

/// <content>send(2) and recv(2), and which blocked caller is served.</content>
public sealed partial class Socket
{
    // ---- send(2) ----

    private void Send(int pid, Call call, SocketSend send)
    {
        if (WhyNotSend(pid, call, send, out var description) is { } rejection)
        {
            Reject(pid, call.Seq, rejection);
            return;
        }

        var buffer = _ends[1 - EndOf(send.Description)].Buffer;
        var length = send.Data.Length;
        var isBehind = Waiters.Of(pid).Any(each => each is SocketSender sender && sender.Description == send.Description);
        var room = isBehind ? null : buffer.RoomFor(length);
        var isNonblocking = IsNonblocking(description!, send.Flags);
        var isBlocking = !isNonblocking && call is not { HasTimeoutMs: true, TimeoutMs: 0 };
        if (room == length || (room > 0 && !isBlocking)) Put(pid, call.Seq, send, room!.Value);
        // EAGAIN, send(2): "The socket is marked nonblocking and the requested operation would block."
        else if (isNonblocking) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else if (!isBlocking) FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
        else if (_parkedBytes + length > Bounds.ParkedBytes) FailRecorded(pid, call.Seq, Errno.ENOBUFS);
        else Park(pid, call, send, isBehind);
    }

    private static bool IsNonblocking(Description description, int flags) =>
        description.IsNonblocking || (flags & SocketFlags.MSG_DONTWAIT) != 0;

    private Rejection? WhyNotSend(int pid, Call call, SocketSend send, out Description? description)
    {
        description = Held(pid, send.Description);
        if (call.TimeoutMs < 0 || (send.Flags & ~SocketFlags.MSG_DONTWAIT) != 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (description is null) return Rejection.Recorded(Errno.EBADF);
        // ENOTCONN, send(2): "The socket is not connected, and no target has been given."
        if (!IsConnected) return Rejection.Recorded(Errno.ENOTCONN);
        // EMSGSIZE: unix_dgram_sendmsg of net/unix/af_unix.c.
        if (_type != SocketFlags.SOCK_STREAM && send.Data.Length > Bounds.SocketBytes - 32)
            return Rejection.Recorded(Errno.EMSGSIZE);
        // EPIPE, send(2): "The local end has been shut down on a connection oriented socket."
        return _ends[EndOf(send.Description)].IsSendShut ? Rejection.Recorded(Errno.EPIPE) : null;
    }

    private void Put(int pid, ulong seq, SocketSend send, int length)
    {
        var data = length == send.Data.Length
            ? send.Data
            : UnsafeByteOperations.UnsafeWrap(send.Data.Memory[..length]); // part of a call, which nobody changes
        Emit(new SocketFact { Put = new SocketPut { Pid = pid, Seq = seq, Description = send.Description, Data = data } });
        Release(pid, seq);
        Serve();
    }

    private void Park(int pid, Call call, SocketSend send, bool isBehind)
    {
        var sending = new SocketSending
        {
            Pid = pid,
            Seq = call.Seq,
            Description = send.Description,
            Data = send.Data,
            DeadlineMs = DeadlineOf(call),
            Behind = isBehind,
        };
        Emit(new SocketFact { Sending = sending });
        Serve();
    }

    // ---- recv(2) ----

    private void Receive(int pid, Call call, SocketReceive receive)
    {
        if (WhyNotReceive(pid, call, receive, out var description) is { } rejection)
        {
            Reject(pid, call.Seq, rejection);
            return;
        }

        var end = _ends[EndOf(receive.Description)];
        if (end.Receivers.Count == 0 && end.IsReceivable(receive.Size, receive.Flags))
        {
            Take(pid, call.Seq, receive.Description, receive.Size);
            Serve();
        }
        else if (IsNonblocking(description!, receive.Flags)) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
        else
        {
            var receiving = new SocketReceiving
            {
                Pid = pid,
                Seq = call.Seq,
                Description = receive.Description,
                Size = receive.Size,
                Flags = receive.Flags,
                DeadlineMs = DeadlineOf(call),
            };
            Emit(new SocketFact { Receiving = receiving });
        }
    }

    private Rejection? WhyNotReceive(int pid, Call call, SocketReceive receive, out Description? description)
    {
        const int known = SocketFlags.MSG_DONTWAIT | SocketFlags.MSG_WAITALL;
        description = Held(pid, receive.Description);
        if (call.TimeoutMs < 0 || receive.Size < 0 || (receive.Flags & ~known) != 0)
            return Rejection.Unrecorded(Errno.EINVAL);
        if (description is null) return Rejection.Recorded(Errno.EBADF);
        return IsConnected ? null : Rejection.Recorded(NotConnectedErrno);
    }

    // unix_stream_read_generic and unix_seqpacket_recvmsg of net/unix/af_unix.c.
    private Errno NotConnectedErrno => _type == SocketFlags.SOCK_STREAM ? Errno.EINVAL : Errno.ENOTCONN;

    private void Take(int pid, ulong seq, long description, long size)
    {
        if (_ends[EndOf(description)].TellsReset)
        {
            var told = new SocketErrorTold { Pid = pid, Seq = seq, Description = description };
            Emit(new SocketFact { ErrorTold = told });
        }
        else
        {
            var taken = new SocketTaken { Pid = pid, Seq = seq, Description = description, Size = size };
            Emit(new SocketFact { Taken = taken });
        }

        Release(pid, seq);
    }

    private void Peek(int pid, ulong seq, SocketPeek peek)
    {
        var end = _ends[EndOf(peek.Description)];
        if (peek.Size < 0) FailUnrecorded(pid, seq, Errno.EINVAL);
        else if (Held(pid, peek.Description) is null) FailUnrecorded(pid, seq, Errno.EBADF);
        else if (!IsConnected) FailUnrecorded(pid, seq, NotConnectedErrno);
        else if (end.Buffer.IsEmpty && !end.IsReceiveShut) FailUnrecorded(pid, seq, Errno.EAGAIN);
        else
        {
            var bytes = end.Buffer.Peek(peek.Size, out var length);
            AnswerUnrecorded(pid, new Result
            {
                Seq = seq,
                SocketBytes = new SocketBytes { Data = bytes, Length = length },
            });
        }
    }

    // ---- who is served ----

    private void Serve()
    {
        if (Phase != Life.Alive) return;
        if (HasName)
        {
            ServeAcceptors();
            return;
        }

        while (TryServe(0) || TryServe(1))
        {
        }

        ServeConnecter();
    }

    private bool TryServe(int end) => TryServeReceiver(_ends[end]) || TryServeSender(_ends[end], _ends[1 - end].Buffer);

    private bool TryServeReceiver(SocketEnd end)
    {
        if (end.Receivers.FirstAtLeast(0) is not SocketReceiver receiver) return false;
        if (end.IsOpen && !end.IsReceivable(receiver.Size, receiver.Flags)) return false;
        if (!end.IsOpen) FailRecorded(receiver.Pid, receiver.Seq, Errno.EBADF);
        else if (Ledger.IsFull(receiver.Pid)) FailRecorded(receiver.Pid, receiver.Seq, Errno.ENOBUFS);
        else Take(receiver.Pid, receiver.Seq, receiver.Description, receiver.Size);
        return true;
    }

    private bool TryServeSender(SocketEnd end, SocketBuffer buffer)
    {
        if (end.Senders.FirstAtLeast(0) is not SocketSender sender) return false;
        if (!end.IsOpen || end.IsSendShut)
        {
            End(sender, end.IsOpen ? Errno.EPIPE : Errno.EBADF);
            return true;
        }

        if (buffer.RoomFor(sender.Rest.Length) is null) return false;
        Emit(new SocketFact { Advanced = new SocketAdvanced { Pid = sender.Pid, Seq = sender.Seq } });
        if (!sender.InTree) Release(sender.Pid, sender.Seq);
        return true;
    }

    private void End(SocketSender sender, Errno errno)
    {
        var ended = new SocketSendEnded { Pid = sender.Pid, Seq = sender.Seq, Errno = (int)errno };
        Emit(new SocketFact { SendEnded = ended });
        Release(sender.Pid, sender.Seq);
    }

    // send(2): what was sent is the result of a call that is interrupted. connect(2): the backlog may have the connection.
    protected override bool TryEnd(Waiter waiter, Errno errno)
    {
        if (waiter is SocketSender { Done: > 0 } sender) End(sender, errno);
        else if (waiter is SocketConnecter) EndConnecter(errno);
        else return false;
        Serve();
        return true;
    }

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (before != Presence.PassedOver) return;
        LineOf(waiter)?.Add(waiter, 0);
        Serve();
    }

    protected override void OnPassedOver(Waiter waiter)
    {
        if (!waiter.InTree) return;
        LineOf(waiter)!.Remove(waiter);
        Serve();
    }

    protected override void AfterWaitersRemoved()
    {
        Serve();
        base.AfterWaitersRemoved();
    }

    protected override void OnSettled()
    {
        Serve(); // an end may have been opened or closed
        if (Phase == Life.Alive)
        {
            AnswerAwaiting();
            AnswerAccepter();
            SendOutbox();
        }

        base.OnSettled();
    }

    protected override void OnRecovered()
    {
        base.OnRecovered();
        Serve(); // no session is connected, so each caller has its turn again, in the order of the line
    }

    private TicketTree? LineOf(Waiter waiter) => waiter switch
    {
        SocketReceiver receiver => _ends[EndOf(receiver.Description)].Receivers,
        SocketSender sender => _ends[EndOf(sender.Description)].Senders,
        SocketAcceptor => _acceptors,
        _ => null,
    };
}
