using Cluster.Core.Machines;
using Cluster.Protocol;
using State = Cluster.Protocol.SocketState;

namespace Cluster.Core.Objects.Sockets;

/// <content>The connection's part of connect(2) and accept(2).</content>
public sealed partial class Socket
{
    // ---- connect(2) ----

    private void Connect(Stamp stamp, Call call, SocketConnect connect)
    {
        if (WhyNotConnect(stamp.Pid, call, connect, out var description) is { } rejection)
        {
            Reject(stamp.Pid, call.Seq, rejection);
            return;
        }

        var isImpatient = call is { HasTimeoutMs: true, TimeoutMs: 0 };
        var connecting = new SocketConnecting
        {
            Pid = stamp.Pid,
            Seq = call.Seq,
            Listener = connect.Listener,
            Name = connect.Name,
            DeadlineMs = isImpatient ? 0 : DeadlineOf(call),
            Credentials = stamp.Credentials,
            Nonblocking = isImpatient || description!.IsNonblocking,
        };
        Emit(new SocketFact { Connecting = connecting });
        SendOutbox();
    }

    private Rejection? WhyNotConnect(int pid, Call call, SocketConnect connect, out Description? description)
    {
        description = Held(pid, connect.Description);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (description is null) return Rejection.Recorded(Errno.EBADF);
        // unix_stream_connect: a socket that listens is in a wrong state. One with a name could connect on Linux.
        if (HasName) return Rejection.Recorded(Errno.EINVAL);
        // EISCONN, unix(7): "connect(2) was called on an already connected socket."
        if (IsConnected) return Rejection.Recorded(Errno.EISCONN);
        return _state == State.Connecting ? Rejection.Recorded(Errno.EALREADY) : null;
    }

    private SocketAttempt? Attempt =>
        _connecting is null ? null : new SocketAttempt { Pid = _connecting.Pid, Seq = _connecting.Seq };

    private Request ConnectRequest(bool cancels) => new()
    {
        To = ListenerKey,
        ConnectSocket = new ConnectSocket
        {
            Connection = Id,
            Attempt = Attempt,
            Type = _type,
            Credentials = _connecting!.Credentials,
            Nonblocking = _connecting.Nonblocking,
            Cancels = cancels,
        },
    };

    private EntityKey ListenerKey =>
        new() { Kind = Kind.Socket, Namespace = Key.Namespace, Id = _connecting!.Listener };

    private void OnConnectAnswered(Reply reply)
    {
        var errno = _connectErrno is { } ending ? (int)ending : reply.Errno;
        EndConnect(errno, reply.SocketConnected);
    }

    private void EndConnect(int errno, SocketConnected? listener)
    {
        var (pid, seq) = (_connecting!.Pid, _connecting.Seq);
        var ended = new SocketConnectEnded { Errno = errno, Peer = listener?.Peer, Name = listener?.Name ?? "" };
        Emit(new SocketFact { ConnectEnded = ended });
        Release(pid, seq);
        Serve();
        SendOutbox();
    }

    // The socket that listens may have put the connection into its backlog, so it is asked to take it out.
    private void EndConnecter(Errno errno)
    {
        Emit(new SocketFact { ConnectEnding = new SocketConnectEnding { Errno = (int)errno } });
        SendOutbox();
    }

    private bool IsConnectWaiting => _state == State.Connecting && _connectErrno is null;

    // The caller has exited, or nobody has the end open any more.
    private void ServeConnecter()
    {
        if (!IsConnectWaiting) return;
        if (!Waiters.TryGet(_connecting!.Pid, _connecting.Seq, out _)) EndConnecter(Errno.EINTR);
        else if (!_ends[0].IsOpen) EndConnecter(Errno.EBADF);
    }

    // ---- accept(2), as the socket that listens asks for it ----

    private void OnAccept(Request request, ulong token)
    {
        var accept = request.AcceptConnection;
        if (Phase == Life.Alive && _accepting is { } earlier)
        {
            // Another one is on its way to a process that may have ended: the socket that listens asks again.
            if (earlier.Pid != accept.Pid || earlier.Seq != accept.Seq) Refuse(request, token, accept);
            else if (IsInFlight(_ends[1].Description)) _accepter = (request, token);
            else AnswerAccepted(request, token);
            return;
        }

        if (Phase != Life.Alive || !accept.Attempt.Equals(Attempt) || _state is not (State.Connecting or State.Queued))
        {
            Refuse(request, token, accept);
            return;
        }

        if (_state == State.Connecting) EndConnect(errno: 0, accept.Listener);
        Emit(new SocketFact { Accepting = new SocketAccepting { Pid = accept.Pid, Seq = accept.Seq } });
        _accepter = (request, token);
        OpenFor(accept.Pid);
    }

    private void Refuse(Request request, ulong token, AcceptConnection accept)
    {
        if (Phase == Life.Alive && accept.Attempt.Equals(Attempt) && IsInFlight(_ends[1].Description)) return;
        if (Phase == Life.Alive) Fence();
        Answer(token, request, Errno.ECONNABORTED);
    }

    private void AnswerAccepted(Request request, ulong token)
    {
        var accepted = new SocketAccepted { Connection = Id, Description = _ends[1].Description, Peer = _ends[1].Peer };
        Answer(token, request, Errno.None, reply => reply.SocketAccepted = accepted);
    }

    // The process entity has answered.
    private void AnswerAccepter()
    {
        if (_accepter is not { } accepter || IsInFlight(_ends[1].Description)) return;
        _accepter = null;
        var accept = accepter.Request.AcceptConnection;
        if (_accepting is { } accepting && accepting.Pid == accept.Pid && accepting.Seq == accept.Seq)
            AnswerAccepted(accepter.Request, accepter.Token);
        else
            Answer(accepter.Token, accepter.Request, Errno.ESRCH);
    }

    protected override bool IsUnderWay(int pid, ulong seq) =>
        base.IsUnderWay(pid, seq)
        || (_state == State.Connecting && _connectErrno is not null && _connecting!.Pid == pid && _connecting.Seq == seq)
        || _handing.Values.Any(handing => handing.Acceptor.Pid == pid && handing.Acceptor.Seq == seq);
}
