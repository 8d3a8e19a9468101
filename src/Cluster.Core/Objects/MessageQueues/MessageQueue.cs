using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>A System V message queue: msgop(2), msgctl(2), sysvipc(7).</summary>
/// <remarks>
/// What a caller sees. Messages keep the order in which they were sent, within and across types. A sender blocks while
/// its message would exceed msg_qbytes in bytes, or in number (Linux counts both). A receiver blocks while no message
/// has the type that it wants. A message goes to the receiver that has waited longest among those that would take it.
/// If the message is too long for that receiver, the receiver fails with E2BIG and the next one is tried
/// (pipelined_send of ipc/msg.c). When a message leaves, blocked senders are served in the order of their waiting, each
/// whose message fits. A smaller message can so pass a bigger one, as on Linux. A call completes when it is served, not
/// when its caller is scheduled. Unlike on Linux, no other caller can come between.
///
/// Who is woken, and the cost. A send finds one receiver in O(log receivers). A receive takes one message in
/// O(log types) and serves the senders that fit, O(log senders) each. Nothing scans the waiters.
///
/// Callers that are away. A receiver whose session is lost keeps its place. During its grace a message that is its turn
/// is held for it. Afterwards it is passed over, and has its old place again when it is back. No caller is told that
/// there is no message while one is held: a receive that does not block, or whose time is over, takes it, and the
/// receiver that is away stands in line again. A blocked sender is
/// served whether it is connected or not, because its message is here already.
///
/// Deviations from Linux: docs/objects/message-queue.md.
/// </remarks>
public sealed partial class MessageQueue(EntityKey key) : ObjectMachine(key)
{
    // ---- state ----

    private readonly MessageStore _messages = new();
    private ReceiverLine _receivers;
    private readonly TicketTree _senders = new(); // by the length of the message
    private int _receiverCount;  // blocked in msgrcv(2), in line or not
    private ulong _qbytes;       // msg_qbytes
    private long _stimeMs;       // msg_stime
    private long _rtimeMs;       // msg_rtime
    private int _lspid;          // msg_lspid
    private int _lrpid;          // msg_lrpid
    private ulong _nextSerial = 1;
    private ulong _nextTicket = 1;
    private long _parkedBytes;   // the bytes of the messages of blocked senders, at most Bounds.ParkedBytes

    /// <summary>For the checks of the simulation.</summary>
    internal MessageStore Messages => _messages;

    // ---- decide ----

    protected override void Decide(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Call.OpOneofCase.Msgsnd:
                Send(stamp, call, call.Msgsnd);
                break;
            case Call.OpOneofCase.Msgrcv when (call.Msgrcv.Flags & IpcFlags.MSG_COPY) != 0:
                Copy(stamp, call, call.Msgrcv);
                break;
            case Call.OpOneofCase.Msgrcv:
                Receive(stamp, call, call.Msgrcv);
                break;
            case Call.OpOneofCase.Msgreturn:
                Return(stamp, call, call.Msgreturn);
                break;
            case Call.OpOneofCase.Msgstat:
                Stat(stamp, call, call.Msgstat);
                break;
            case Call.OpOneofCase.Msgset:
                Set(stamp, call, call.Msgset);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    // ---- msgsnd(2) ----

    private void Send(Stamp stamp, Call call, MsgSnd send)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotSend(stamp, call, send) is { } rejection) Reject(pid, seq, rejection);
        else if (Room() >= send.Text.Length) Enqueue(pid, seq, send);
        else if (WhyNotBlock(call, send) is { } errno) FailRecorded(pid, seq, errno);
        else ParkSender(stamp, call, send);
    }

    private Rejection? WhyNotSend(Stamp stamp, Call call, MsgSnd send)
    {
        // EINVAL: "Invalid msqid value, or nonpositive mtype value, or invalid msgsz value (less than 0 or greater than
        // the system value MSGMAX)."
        if (send.Type < 1) return Rejection.Unrecorded(Errno.EINVAL);
        if (send.Text.Length > Bounds.MessageBytes) return Rejection.Unrecorded(Errno.EINVAL);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (send.Text.Length > stamp.Limits.Msgmax) return Rejection.Recorded(Errno.EINVAL);
        if (!Allows(stamp, IpcPermissions.Write)) return Rejection.Recorded(Errno.EACCES);
        return null;
    }

    private Errno? WhyNotBlock(Call call, MsgSnd send)
    {
        // EAGAIN: "The message can't be sent due to the msg_qbytes limit for the queue and IPC_NOWAIT was specified."
        if ((send.Flags & IpcFlags.IPC_NOWAIT) != 0) return Errno.EAGAIN;
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) return Errno.ETIMEDOUT;
        if (_parkedBytes + send.Text.Length > Bounds.ParkedBytes) return Errno.ENOBUFS;
        return null;
    }

    private void Enqueue(int pid, ulong seq, MsgSnd send)
    {
        Emit(new Event
        {
            MessageQueued = new MessageQueued
            {
                Pid = pid, Seq = seq, Type = send.Type, Text = send.Text, TimeMs = WallMs,
            },
        });
        Release(pid, seq);
        HandOver(_nextSerial - 1, send.Type, send.Text.Length);
    }

    private void ParkSender(Stamp stamp, Call call, MsgSnd send) => Emit(new Event
    {
        SenderParked = new SenderParked
        {
            Pid = stamp.Pid,
            Seq = call.Seq,
            Call = send,
            DeadlineMs = DeadlineOf(call),
            Credentials = stamp.Credentials,
        },
    });

    // ---- msgrcv(2) ----

    private void Receive(Stamp stamp, Call call, MsgRcv receive)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotReceive(stamp, call, receive) is { } rejection) Reject(pid, seq, rejection);
        else if (_messages.Choose(receive.Type, receive.Flags) is { } message)
        {
            // E2BIG: "The message text length is greater than msgsz and MSG_NOERROR isn't specified in msgflg."
            if (Takes(message, receive.Size, receive.Flags)) Take(message, pid, seq, receive.Size);
            else FailRecorded(pid, seq, Errno.E2BIG);
            WakeSenders();
        }
        else if (WhyNotBlock(call, receive) is not { } errno) ParkReceiver(stamp, call, receive);
        else if (!TryTakeHeld(pid, seq, receive)) FailRecorded(pid, seq, errno);
    }

    private Rejection? WhyNotReceive(Stamp stamp, Call call, MsgRcv receive)
    {
        // EINVAL: "msqid was invalid, or msgsz was less than 0."
        if (receive.Size < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        if (!Allows(stamp, IpcPermissions.Read)) return Rejection.Recorded(Errno.EACCES);
        return null;
    }

    private static Errno? WhyNotBlock(Call call, MsgRcv receive)
    {
        // ENOMSG: "IPC_NOWAIT was specified in msgflg and no message of the requested type existed on the queue."
        if ((receive.Flags & IpcFlags.IPC_NOWAIT) != 0) return Errno.ENOMSG;
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) return Errno.ETIMEDOUT;
        return null;
    }

    private void ParkReceiver(Stamp stamp, Call call, MsgRcv receive) => Emit(new Event
    {
        ReceiverParked = new ReceiverParked
        {
            Pid = stamp.Pid,
            Seq = call.Seq,
            Call = receive,
            DeadlineMs = DeadlineOf(call),
            Credentials = stamp.Credentials,
        },
    });

    /// <summary>MSG_COPY: "Nondestructively fetch a copy of the message at the ordinal position."</summary>
    private void Copy(Stamp stamp, Call call, MsgRcv receive)
    {
        var message = _messages.At(receive.Type);
        if (WhyNotCopy(stamp, call, receive, message) is { } errno) FailUnrecorded(stamp.Pid, call.Seq, errno);
        else AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, Message = Cut(message!, receive.Size) });
    }

    private Errno? WhyNotCopy(Stamp stamp, Call call, MsgRcv receive, QueuedMessage? message)
    {
        if (receive.Size < 0 || call.TimeoutMs < 0) return Errno.EINVAL;
        // "MSG_COPY was specified in msgflg, but IPC_NOWAIT was not", or together with MSG_EXCEPT: EINVAL.
        if ((receive.Flags & IpcFlags.IPC_NOWAIT) == 0) return Errno.EINVAL;
        if ((receive.Flags & IpcFlags.MSG_EXCEPT) != 0) return Errno.EINVAL;
        if (!Allows(stamp, IpcPermissions.Read)) return Errno.EACCES;
        if (message is null) return Errno.ENOMSG;
        if (!Takes(message, receive.Size, receive.Flags)) return Errno.E2BIG;
        // EINVAL: ipc/msg.c copies into a message of msgsz and msgmax bytes at the most, and never a part of one. So
        // MSG_NOERROR does not cut a copy, and a limit that was lowered after the send counts.
        if (message.Text.Length > Math.Min(receive.Size, stamp.Limits.Msgmax)) return Errno.EINVAL;
        return null;
    }

    /// <summary>
    /// Puts the message of an earlier receive back to its old place. Not a call of Linux: a service that could not use
    /// a message gives it to another receiver, without ending its process.
    /// </summary>
    private void Return(Stamp stamp, Call call, MsgReturn back)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!Ledger.Carries(pid, back.Seq))
        {
            FailRecorded(pid, seq, Errno.ENOENT);
            return;
        }

        Emit(new Event { MessageReturned = new MessageReturned { Pid = pid, Seq = seq, Receive = back.Seq } });
        Release(pid, seq);
        AfterWaitersRemoved();
    }

    // ---- msgctl(2) ----

    private void Stat(Stamp stamp, Call call, MsgStat stat)
    {
        if (WhyNotStat(stamp, stat.Any) is { } rejection) Reject(stamp.Pid, call.Seq, rejection);
        else AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, QueueStat = ToStat() });
    }

    private QueueStat ToStat() => new()
    {
        Id = Id,
        Permissions = Permissions.Clone(),
        Stime = _stimeMs / 1000,
        Rtime = _rtimeMs / 1000,
        Ctime = CtimeMs / 1000,
        Cbytes = (ulong)_messages.Bytes,
        Qnum = (ulong)_messages.Count,
        Qbytes = _qbytes,
        Lspid = _lspid,
        Lrpid = _lrpid,
        Receivers = (uint)_receiverCount,
        Senders = (uint)_senders.Count,
        Volatile = IsVolatile,
    };

    private void Set(Stamp stamp, Call call, MsgSet wish)
    {
        var set = wish.Patch is { } patch ? Patched(patch, wish) : wish;
        var change = new QueueSet { Values = set, TimeMs = WallMs, Pid = stamp.Pid, Seq = call.Seq };
        var rejection = WhyNotOwner(stamp) ?? WhyNotQbytes(stamp, wish) ?? WhyNotOwnerIds(set.Uid, set.Gid);
        Set(stamp, call.Seq, rejection, new Event { QueueSet = change });
        if (rejection is null) RecheckWaiters();
    }

    // EPERM: "An attempt was made (IPC_SET) to increase msg_qbytes beyond the system parameter MSGMNB, but the caller
    // is not privileged."
    private static Rejection? WhyNotQbytes(Stamp stamp, MsgSet wish)
    {
        var qbytes = wish.Patch is null ? wish.Qbytes : wish.PatchedQbytes; // 0: a patch that leaves it as it is
        return qbytes > (ulong)stamp.Limits.Msgmnb && !stamp.Credentials.Has(LinuxCapability.SysResource)
            ? Rejection.Recorded(Errno.EPERM)
            : null;
    }

    private MsgSet Patched(PermissionsPatch patch, MsgSet wish)
    {
        var (uid, gid, mode) = MembersAfter(patch);
        var qbytes = wish.HasPatchedQbytes ? wish.PatchedQbytes : _qbytes;
        return new MsgSet { Uid = uid, Gid = gid, Mode = mode, Qbytes = qbytes };
    }

    // Every waiter tries again with the new permissions (ipc/msg.c: expunge_all with EAGAIN). A message that is held
    // for one of them goes to another only after all who lost the permission have failed.
    private void RecheckWaiters()
    {
        foreach (var receiver in Waiters.InLine<Receiver>())
        {
            if (!IpcPermissions.Allow(Permissions, receiver.Credentials, IpcPermissions.Read))
                FailRecorded(receiver.Pid, receiver.Seq, Errno.EACCES);
        }

        AfterWaitersRemoved();
        WakeSenders();
    }

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => new()
    {
        QueueCreated = new QueueCreated
        {
            Id = entry.Id,
            Permissions = entry.Permissions,
            Qbytes = entry.InitialSize,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
        },
    };

    protected override Event Removed() => new() { QueueRemoved = new QueueRemoved { TimeMs = WallMs } };
}
