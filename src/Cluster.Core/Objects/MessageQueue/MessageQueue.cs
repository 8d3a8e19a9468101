using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueue;

/// <summary>
/// A System V message queue: msgop(2), msgctl(2), sysvipc(7).
/// </summary>
/// <remarks>
/// What a caller sees. Messages keep the order in which they were sent, within and across types. A sender blocks when
/// its message would exceed msg_qbytes in bytes, or in number (Linux counts both). A receiver blocks when no message is
/// of the type it wants. A message goes to the receiver that has waited longest among those that would take it; if it
/// is too long for that one, the receiver fails with E2BIG and the next one is asked (Linux's pipelined_send). When
/// room comes, blocked senders are served in the order of their waiting, each that fits; a smaller message may so pass
/// a bigger one, as on Linux. A call completes at the moment it is served, not when its caller is scheduled: unlike on
/// Linux, nobody can slip in between.
///
/// Who wakes whom, and at what cost. A send looks up one receiver: O(log receivers). A receive takes one message,
/// O(log types), and serves the senders that now fit, O(log senders) each. Nothing scans.
///
/// Callers that are away. A receiver whose session is lost keeps its place. While its grace lasts, the message that is
/// its turn is held for it; afterwards it is passed over, and stands in its old place once it is back. A sender needs
/// not be there to be served: its message is here already.
///
/// Deviations from Linux: docs/objects/message-queue.md.
/// </remarks>
public sealed partial class MessageQueue(EntityKey key) : ObjectMachine(key)
{
    // ---- state ----

    private readonly MessageStore _messages = new();
    private ReceiverLine _receivers;
    private readonly TicketTree _senders = new(); // by the length of the message
    private Permissions _permissions = new();
    private int _id;
    private ulong _qbytes;       // at most long.MaxValue is ever used of it
    private long _stimeMs;
    private long _rtimeMs;
    private long _ctimeMs;
    private int _lspid;
    private int _lrpid;
    private ulong _nextSerial = 1;
    private ulong _nextTicket = 1;
    private long _parkedBytes;   // of the messages of blocked senders
    private bool _volatile;

    /// <inheritdoc/>
    public override bool IsVolatile => _volatile;

    /// <inheritdoc/>
    protected override Permissions Permissions => _permissions;

    /// <summary>For the simulation's checks.</summary>
    internal MessageStore Messages => _messages;

    // ---- decide ----

    /// <inheritdoc/>
    protected override void Call(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Protocol.Call.OpOneofCase.Msgsnd:
                Send(stamp, call, call.Msgsnd);
                break;
            case Protocol.Call.OpOneofCase.Msgrcv:
                Receive(stamp, call, call.Msgrcv);
                break;
            case Protocol.Call.OpOneofCase.Msgstat:
                Stat(stamp, call, call.Msgstat);
                break;
            case Protocol.Call.OpOneofCase.Msgset:
                Set(stamp, call, call.Msgset);
                break;
            case Protocol.Call.OpOneofCase.Access:
                var allowed = IpcPermissions.Allow(_permissions, stamp.Credentials, call.Access.Flags);
                Refuse(stamp.Pid, call.Seq, allowed ? Errno.None : Errno.EACCES);
                break;
            default:
                Refuse(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private void Send(Stamp stamp, Call call, MsgSnd send)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (send.Type < 1 || send.Text.Length > Bounds.MessageBytes || call.TimeoutMs < 0)
            Refuse(pid, seq, Errno.EINVAL);
        else if (send.Text.Length > stamp.Limits.Msgmax) Fail(pid, seq, Errno.EINVAL);
        else if (!IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Write))
            Fail(pid, seq, Errno.EACCES);
        else if (Fits(send.Text.Length)) Enqueue(pid, seq, send);
        else if ((send.Flags & IpcFlags.IPC_NOWAIT) != 0) Fail(pid, seq, Errno.EAGAIN);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Fail(pid, seq, Errno.ETIMEDOUT);
        else if (_parkedBytes + send.Text.Length > Bounds.ParkedBytes) Fail(pid, seq, Errno.ENOBUFS);
        else
        {
            Emit(new Event
            {
                SenderParked = new SenderParked
                {
                    Pid = pid, Seq = seq, Call = send, DeadlineMs = DeadlineOf(call), Credentials = stamp.Credentials,
                },
            });
        }
    }

    private void Enqueue(int pid, ulong seq, MsgSnd send)
    {
        Emit(new Event
        {
            MessageQueued = new MessageQueued
            {
                Pid = pid, Seq = seq, Type = send.Type, Text = send.Text, TimeMs = NowMs,
            },
        });
        Release(pid, seq);
        HandOver(_nextSerial - 1, send.Type, send.Text.Length);
    }

    private void Receive(Stamp stamp, Call call, MsgRcv receive)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (receive.Size < 0 || call.TimeoutMs < 0)
        {
            Refuse(pid, seq, Errno.EINVAL);
            return;
        }

        if ((receive.Flags & IpcFlags.MSG_COPY) != 0)
        {
            Copy(stamp, seq, receive);
            return;
        }

        if (!IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Read))
        {
            Fail(pid, seq, Errno.EACCES);
            return;
        }

        if (_messages.Choose(receive.Type, receive.Flags) is { } message)
        {
            if (!Takes(message, receive.Size, receive.Flags)) Fail(pid, seq, Errno.E2BIG);
            else Take(message, pid, seq, receive.Size);
            WakeSenders();
        }
        else if ((receive.Flags & IpcFlags.IPC_NOWAIT) != 0) Fail(pid, seq, Errno.ENOMSG);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Fail(pid, seq, Errno.ETIMEDOUT);
        else
        {
            Emit(new Event
            {
                ReceiverParked = new ReceiverParked
                {
                    Pid = pid,
                    Seq = seq,
                    Call = receive,
                    DeadlineMs = DeadlineOf(call),
                    Credentials = stamp.Credentials,
                },
            });
        }
    }

    private void Copy(Stamp stamp, ulong seq, MsgRcv receive)
    {
        var valid = (receive.Flags & IpcFlags.IPC_NOWAIT) != 0 && (receive.Flags & IpcFlags.MSG_EXCEPT) == 0;
        if (!valid) Refuse(stamp.Pid, seq, Errno.EINVAL);
        else if (!IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Read))
            Refuse(stamp.Pid, seq, Errno.EACCES);
        else if (_messages.At(receive.Type) is not { } message) Refuse(stamp.Pid, seq, Errno.ENOMSG);
        else if (!Takes(message, receive.Size, receive.Flags)) Refuse(stamp.Pid, seq, Errno.E2BIG);
        else Respond(stamp.Pid, new Result { Seq = seq, Message = Cut(message, receive.Size) });
    }

    private void Stat(Stamp stamp, Call call, MsgStat stat)
    {
        if (!stat.Any && !IpcPermissions.Allow(_permissions, stamp.Credentials, IpcPermissions.Read))
        {
            Refuse(stamp.Pid, call.Seq, Errno.EACCES);
            return;
        }

        var queue = new QueueStat
        {
            Id = _id,
            Permissions = _permissions.Clone(),
            Stime = _stimeMs / 1000,
            Rtime = _rtimeMs / 1000,
            Ctime = _ctimeMs / 1000,
            Cbytes = (ulong)_messages.Bytes,
            Qnum = (ulong)_messages.Count,
            Qbytes = _qbytes,
            Lspid = _lspid,
            Lrpid = _lrpid,
            Receivers = (uint)(Waiters.Count - _senders.Count),
            Senders = (uint)_senders.Count,
            Volatile = _volatile,
        };
        Respond(stamp.Pid, new Result { Seq = call.Seq, QueueStat = queue });
    }

    private void Set(Stamp stamp, Call call, MsgSet set)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (!IpcPermissions.Owns(_permissions, stamp.Credentials)) Fail(pid, seq, Errno.EPERM);
        else if (set.Qbytes > (ulong)stamp.Limits.Msgmnb && stamp.Credentials.Uid != 0) Fail(pid, seq, Errno.EPERM);
        else if (set.Uid == uint.MaxValue || set.Gid == uint.MaxValue) Fail(pid, seq, Errno.EINVAL);
        else
        {
            Emit(new Event { QueueSet = new QueueSet { Values = set, TimeMs = NowMs, Pid = pid, Seq = seq } });
            Release(pid, seq);

            // Whoever waits looks again, with the new permissions (msg.c: expunge_all with EAGAIN).
            // Only when all who may not any more are gone can what was held for one of them go to another.
            foreach (var waiter in InLine())
            {
                if (waiter is Receiver && !IpcPermissions.Allow(_permissions, waiter.Credentials, IpcPermissions.Read))
                    Fail(waiter.Pid, waiter.Seq, Errno.EACCES);
            }

            OnDeparted();
            WakeSenders();
        }
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    protected override void Destroy()
    {
        foreach (var waiter in InLine()) Fail(waiter.Pid, waiter.Seq, Errno.EIDRM);
        Emit(new Event { QueueRemoved = new QueueRemoved { TimeMs = NowMs } });
    }

    /// <inheritdoc/>
    protected override void OnAttached(Waiter waiter, Presence before)
    {
        if (waiter is not Receiver receiver) return;
        if (receiver.Held is { } held)
        {
            // What was held for it is its turn, but something older of what it wants may have come free since.
            receiver.Held = null;
            _messages.Unhold(held);
            var first = _messages.Choose(receiver.Type, receiver.Flags)!;
            Serve(first, receiver);
            if (first != held) HandOver(held.Serial, held.Type, held.Text.Length);
        }
        else if (before == Presence.PassedOver)
        {
            _receivers.Add(receiver);
            if (_messages.Choose(receiver.Type, receiver.Flags) is { } message) Serve(message, receiver);
        }

        WakeSenders(); // last: what is here already goes before what they bring
    }

    /// <inheritdoc/>
    protected override void OnPassedOver(Waiter waiter)
    {
        if (waiter is not Receiver receiver) return;
        _receivers.Remove(receiver);
        if (receiver.Held is not { } held) return;
        receiver.Held = null;
        LetGo(held);
    }

    /// <inheritdoc/>
    protected override void OnDeparted()
    {
        if (_letGo is null) return;
        QueuedMessage[] free = [.. _letGo.OrderBy(message => message.Serial)];
        _letGo = null;
        foreach (var message in free)
        {
            if (_messages.Contains(message.Serial) && !message.IsHeld)
                HandOver(message.Serial, message.Type, message.Text.Length);
        }

        WakeSenders();
    }

    /// <inheritdoc/>
    protected override void OnRecovered()
    {
        _letGo = null;

        // What lies in the queue although somebody waits for it was held, or its receiver had been passed over. Nobody
        // is connected now, so everybody gets his turn again, in the order of the line.
        foreach (var waiter in InLine())
        {
            if (waiter is Receiver receiver && _messages.Choose(receiver.Type, receiver.Flags) is { } message)
                Hold(message, receiver);
        }
    }

    // ---- the queue ----

    /// <summary>A message that can be chosen and whose turn has come to look for a receiver.</summary>
    private void HandOver(ulong serial, long type, int length)
    {
        while (_receivers.FirstFor(type) is { } receiver)
        {
            if (receiver.Presence == Presence.Suspended)
            {
                Hold(MessageOf(serial), receiver);
                return;
            }

            if (Takes(length, receiver.Size, receiver.Flags))
            {
                TakeBy(receiver, serial, length);
                return;
            }

            Fail(receiver.Pid, receiver.Seq, Errno.E2BIG);
        }
    }

    private void Serve(QueuedMessage message, Receiver receiver)
    {
        if (Takes(message, receiver.Size, receiver.Flags))
        {
            TakeBy(receiver, message.Serial, message.Text.Length);
        }
        else
        {
            Fail(receiver.Pid, receiver.Seq, Errno.E2BIG);
            HandOver(message.Serial, message.Type, message.Text.Length);
        }
    }

    private void TakeBy(Receiver receiver, ulong serial, int length) =>
        Take(serial, length, receiver.Pid, receiver.Seq, receiver.Size);

    private void Take(QueuedMessage message, int pid, ulong seq, long size) =>
        Take(message.Serial, message.Text.Length, pid, seq, size);

    private void Take(ulong serial, int length, int pid, ulong seq, long size)
    {
        var received = new MessageReceived { Pid = pid, Seq = seq, Serial = serial, TimeMs = NowMs };
        if (length > size) (received.Cut, received.Size) = (true, size);
        Emit(new Event { MessageReceived = received });
        Release(pid, seq);
    }

    /// <summary>Serves the senders whose messages fit, in the order of their waiting.</summary>
    private void WakeSenders()
    {
        while (_senders.Count > 0 && Room() is >= 0 and var room && (Sender?)_senders.FirstAtMost(room) is { } sender)
        {
            if (!IpcPermissions.Allow(_permissions, sender.Credentials, IpcPermissions.Write))
            {
                Fail(sender.Pid, sender.Seq, Errno.EACCES);
                continue;
            }

            Emit(new Event
            {
                ParkedMessageQueued = new ParkedMessageQueued { Pid = sender.Pid, Seq = sender.Seq, TimeMs = NowMs },
            });
            Release(sender.Pid, sender.Seq);
            HandOver(_nextSerial - 1, sender.Call.Type, sender.Call.Text.Length);
        }
    }

    private void Hold(QueuedMessage message, Receiver receiver)
    {
        _messages.Hold(message);
        receiver.Held = message;
        _receivers.Remove(receiver); // one message is enough for it
    }

    private void LetGo(QueuedMessage message)
    {
        if (!_messages.Contains(message.Serial)) return;
        _messages.Unhold(message);
        HandOver(message.Serial, message.Type, message.Text.Length);
        WakeSenders();
    }

    private bool Fits(int length) => Room() >= length;

    /// <summary>Bytes that another message may have; negative if no further message may come.</summary>
    private long Room()
    {
        var qbytes = (long)Math.Min(_qbytes, long.MaxValue);
        return _messages.Count + 1L > qbytes ? -1 : qbytes - _messages.Bytes;
    }

    private static bool Takes(QueuedMessage message, long size, int flags) =>
        Takes(message.Text.Length, size, flags);

    private static bool Takes(int length, long size, int flags) =>
        length <= size || (flags & IpcFlags.MSG_NOERROR) != 0;

    private static Message Cut(QueuedMessage message, long size) => new()
    {
        Type = message.Type,
        Text = message.Text.Length <= size
            ? message.Text
            : Google.Protobuf.ByteString.CopyFrom(message.Text.Span[..(int)size]),
    };

    private Waiter[] InLine() => [.. Waiters.All.OrderBy(waiter => waiter.Ticket)];
}
