using Cluster.Core.Machines;
using Cluster.Protocol;
using State = Cluster.Protocol.SocketState;

namespace Cluster.Core.Objects.Sockets;

/// <summary>
/// A Unix socket: unix(7), socketpair(2), listen(2), connect(2), accept(2), send(2), recv(2), shutdown(2), poll(2). A socket
/// with a name listens. A socket without one is a connection, which has both ends.
/// </summary>
/// <remarks>
/// What a caller sees. A connection is made without a name, and connect(2) asks the socket that listens to put it into the
/// backlog. It can be written from then on. accept(2) takes the first connection of the backlog, and its result names the second
/// end, which the caller holds. A receive takes what is there, up to its size, and waits only for the first byte. It returns
/// nothing when the other end is closed or shut down, and fails once with ECONNRESET if the other end was closed with unread
/// bytes, or the socket that listened was closed first. A send fails with EPIPE when nobody can receive any more. A send that
/// does not fit waits, and stays one call.
///
/// Who tells whom. A connection in the outbox of which stands <see cref="ConnectSocket"/> wants to be queued. While it is
/// queued, <see cref="AwaitAccept"/> stands there: so the connection asks for as long as it lives, and a socket that listens
/// has to tell nobody that it ends. The socket that listens asks a connection by <see cref="AcceptConnection"/>, which may
/// overtake the answer to ConnectSocket. An attempt, the call of connect(2), names what is meant, so a late message of an
/// earlier attempt changes nothing. An answer that ends an attempt waits for a write (Fence).
///
/// Who is served. Callers in the order of their waiting, for each end and each direction; no send overtakes one of the same
/// process, and no receive overtakes another one. Callers that are away: as <see cref="Cluster.Core.Objects.Fifos.Fifo"/>.
///
/// Deviations from Linux: docs/objects/socket.md.
/// </remarks>
public sealed partial class Socket(EntityKey key) : NamedObject(key)
{
    // ---- state ----

    private readonly SocketEnd[] _ends = [new(), new()]; // of connect(2), of accept(2)
    private State _state;
    private int _type;
    private string _name = "";
    private bool _isUnnamed;              // it ends when nobody has it open
    private ulong _nextTicket = 1;
    private SocketConnecting? _connecting; // the call of connect(2), also later
    private Errno? _connectErrno;         // it ends with this when the socket that listens has answered
    private SocketAccepting? _accepting;  // the call of accept(2), also later
    private string _peerName = "";        // of the socket that listens
    private long _parkedBytes;            // of blocked senders, at most Bounds.ParkedBytes

    private (Request Request, ulong Token)? _accepter; // not journalled: the socket that listens asks again

    // unlink(2): as in a directory with the sticky bit, such as /tmp.
    protected override Errno ForeignErrno => Errno.EPERM;

    // unix(7): a connection that is lost is never an end of the bytes.
    protected override Errno LostErrno => Errno.ECONNRESET;

    protected override bool IsHeldOtherwise => _state is State.Connecting or State.Queued || _handing.Count > 0;

    private bool HasName => _name.Length > 0;

    private bool IsConnected => _state is State.Queued or State.Connected;

    private static int EndOf(long description) => description == 1 ? 0 : 1;

    // ---- open(2), socketpair(2) ----

    protected override bool HasEnds => !HasName;

    protected override (int First, int Second) EndsOf(int flags) => (flags | FileFlags.O_RDWR, flags | FileFlags.O_RDWR);

    // ENXIO, open(2): "The file is a UNIX domain socket."
    protected override Rejection? WhyNotOpenOwn(DescriptionOpen open, bool isCreator)
    {
        if (!isCreator) return Rejection.Recorded(Errno.ENXIO);
        return open.Pair || (open.Flags & FileFlags.O_ACCMODE) == FileFlags.O_RDWR
            ? null
            : Rejection.Unrecorded(Errno.EINVAL);
    }

    // ---- decide ----

    protected override void HandleOwn(Stamp stamp, Call call)
    {
        var operation = call.OpCase == Call.OpOneofCase.Socket ? call.Socket : new SocketCall();
        if (IsUnderWay(stamp.Pid, call.Seq)) return; // it has come again
        switch (operation.OpCase)
        {
            case SocketCall.OpOneofCase.Listen:
                Listen(stamp, call.Seq, operation.Listen);
                break;
            case SocketCall.OpOneofCase.Connect:
                Connect(stamp, call, operation.Connect);
                break;
            case SocketCall.OpOneofCase.Accept:
                Accept(stamp.Pid, call, operation.Accept);
                break;
            case SocketCall.OpOneofCase.Send:
                Send(stamp.Pid, call, operation.Send);
                break;
            case SocketCall.OpOneofCase.Receive:
                Receive(stamp.Pid, call, operation.Receive);
                break;
            case SocketCall.OpOneofCase.Peek:
                Peek(stamp.Pid, call.Seq, operation.Peek);
                break;
            case SocketCall.OpOneofCase.Shutdown:
                Shutdown(stamp.Pid, call.Seq, operation.Shutdown);
                break;
            case SocketCall.OpOneofCase.Stat:
                Stat(stamp, call.Seq, operation.Stat);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    // ---- shutdown(2) ----

    // It succeeds on a socket that is not connected: unix_shutdown of net/unix/af_unix.c.
    private void Shutdown(int pid, ulong seq, SocketShutdown shutdown)
    {
        if (shutdown.How is < SocketFlags.SHUT_RD or > SocketFlags.SHUT_RDWR)
        {
            FailUnrecorded(pid, seq, Errno.EINVAL);
        }
        else if (Held(pid, shutdown.Description) is null)
        {
            FailRecorded(pid, seq, Errno.EBADF);
        }
        else
        {
            var shut = new SocketShut { Pid = pid, Seq = seq, Description = shutdown.Description, How = shutdown.How };
            Emit(new SocketFact { Shut = shut });
            Release(pid, seq);
            Serve();
        }
    }

    // ---- poll(2) ----

    // unix_poll of net/unix/af_unix.c.
    protected override int Readiness(Description description)
    {
        if (HasName) return ListenerReadiness();
        var (own, other) = (_ends[EndOf(description.Number)], _ends[1 - EndOf(description.Number)]);
        var ready = 0;
        if (own.IsReset) ready |= FileFlags.POLLERR;
        if (own.Shut == SocketFlags.SHUTDOWN_MASK || !IsConnected) ready |= FileFlags.POLLHUP;
        if (!own.Buffer.IsEmpty || own.IsReceiveShut) ready |= FileFlags.POLLIN;
        if (other.Buffer.IsWritable) ready |= FileFlags.POLLOUT;
        return ready;
    }

    // ---- ss(8) ----

    private void Stat(Stamp stamp, ulong seq, SocketStat stat)
    {
        if (stat.Description != 0 && Held(stamp.Pid, stat.Description) is null)
        {
            FailUnrecorded(stamp.Pid, seq, Errno.EBADF);
            return;
        }

        // Who has a socket open is told to its owner, as lsof(8) does.
        var status = ToStatus(stat.Description);
        if (!IpcPermissions.Owns(Permissions, stamp.Credentials)) foreach (var end in status.Ends) end.Holders.Clear();
        AnswerUnrecorded(stamp.Pid, new Result { Seq = seq, SocketStatus = status });
    }

    private SocketStatus ToStatus(long description)
    {
        var status = new SocketStatus
        {
            Type = _type, State = _state, Name = HasName ? _name : _peerName, Backlog = _backlog, Queued = _queue.Count,
        };
        var first = description == 0 ? 0 : EndOf(description);
        status.Ends.Add(HasName
            ? new SocketEndStatus { Open = DescriptionCount > 0, Holders = { HoldersOf(1) } }
            : ToStatus(_ends[first]));
        if (!HasName) status.Ends.Add(ToStatus(_ends[1 - first]));
        return status;
    }

    private SocketEndStatus ToStatus(SocketEnd end) => new()
    {
        Description = end.Description,
        Open = end.IsOpen,
        Receivable = end.Buffer.Bytes,
        SendBuffer = Bounds.SocketBytes,
        Peer = end.Peer,
        Holders = { HoldersOf(end.Description) },
    };

    // ---- requests ----

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.ConnectSocket or Request.BodyOneofCase.AwaitAccept
                or Request.BodyOneofCase.AcceptConnection when Phase == Life.Unborn:
                HoldUntilBorn(request, token);
                break;
            case Request.BodyOneofCase.ConnectSocket:
                OnConnect(request, token);
                break;
            case Request.BodyOneofCase.AwaitAccept:
                OnAwait(request, token);
                break;
            case Request.BodyOneofCase.AcceptConnection:
                OnAccept(request, token);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.ConnectSocket:
                OnConnectAnswered(reply);
                break;
            case Request.BodyOneofCase.AwaitAccept:
                Emit(new SocketFact { Reset = new SocketReset() });
                break;
            case Request.BodyOneofCase.AcceptConnection:
                OnHanded((int)reply.From.Id, reply);
                break;
            default:
                base.OnAnswer(request, reply);
                break;
        }
    }

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => ToEvent(new SocketFact
    {
        Created = new SocketCreated
        {
            Permissions = entry.Permissions,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
            Creator = entry.Creator,
            CreatorSeq = entry.CreatorSeq,
            Type = entry.Socket?.Type ?? SocketFlags.SOCK_STREAM,
            Name = entry.Name,
            Unnamed = entry.Unnamed,
        },
    });

    protected override Event Removed() => ToEvent(new SocketFact { Removed = new SocketRemoved() });

    protected override void Destroy()
    {
        foreach (var acceptor in _handing.Values.Select(handing => handing.Acceptor).ToArray())
            FailRecorded(acceptor.Pid, acceptor.Seq, Errno.EIDRM);
        if (_connectErrno is not null && !Ledger.HasExited(_connecting!.Pid))
            FailRecorded(_connecting.Pid, _connecting.Seq, Errno.EIDRM);
        base.Destroy();
    }

    private void Emit(SocketFact fact) => Emit(ToEvent(fact));

    private static Event ToEvent(SocketFact fact) => new() { Socket = fact };
}
