using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Mqueues;

/// <summary>
/// A POSIX message queue: mq_overview(7), mq_open(3), mq_send(3), mq_receive(3), mq_notify(3), mq_getattr(3).
/// </summary>
/// <remarks>
/// What a caller sees. A receive takes the oldest message of the highest priority. A sender blocks while the queue has
/// mq_maxmsg messages, a receiver while it has none. Blocked callers are served in the order of their waiting: processes
/// of the cluster have no scheduling priority. A message that arrives while a receiver waits goes to that receiver. When a
/// message leaves a full queue, the message of the first blocked sender enters. Failures that hang on no message come
/// first, in the order of ipc/mqueue.c: EINVAL, EBADF, EMSGSIZE.
///
/// A message that is sent to an empty queue while no receiver waits uses the registration of mq_notify(3). The message of
/// a blocked sender does not: it was sent to a full queue.
///
/// Who is woken, and the cost. A send finds the first receiver, and a receive finds its message, in O(1) whatever the
/// number of messages and priorities; a waiter enters and leaves its line in O(log waiters). Nothing scans.
///
/// Callers that are away are treated as in a System V queue: a message is held for a suspended receiver during its grace,
/// and a receive that does not block, or whose time is over, takes a held message if there is no other.
///
/// Deviations from Linux: docs/objects/mqueue.md.
/// </remarks>
public sealed partial class Mqueue(EntityKey key) : NamedObject(key)
{
    /// <summary>st_size of a queue's file: FILENT_SIZE of ipc/mqueue.c.</summary>
    private const int FileSize = 80;

    private const int HighestSignal = 64;

    // Used registrations of one process that are kept until it asks for them.
    private const int UsedBound = 16;

    // ---- state ----

    private readonly PriorityStore _messages = new();
    private readonly TicketTree _receivers = new();
    private readonly TicketTree _senders = new();
    private MqueueSize _size = new();
    private int _receiverCount;   // blocked in mq_receive(3), in line or not
    private long _parkedBytes;    // the bytes of the messages of blocked senders, at most Bounds.ParkedBytes
    private ulong _nextSerial = 1;
    private ulong _nextTicket = 1;
    private ulong _nextRegistration = 1;
    private StoredMqueueRegistration? _registration;                 // of mq_notify(3)
    private FewMap<ulong, StoredMqueueRegistration> _used;           // by number: their owners have not been told
    private List<NotificationWaiter>? _awaiting;                     // not journalled

    /// <summary>For the checks of the simulation.</summary>
    internal PriorityStore Messages => _messages;

    protected override long StatSize => FileSize;

    protected override int Readiness(Description description) =>
        (_messages.Count > 0 ? FileFlags.POLLIN : 0) | (_messages.Count < _size.Maxmsg ? FileFlags.POLLOUT : 0);

    // ---- decide ----

    protected override void HandleOwn(Stamp stamp, Call call)
    {
        var operation = call.OpCase == Call.OpOneofCase.Mqueue ? call.Mqueue : new MqueueCall();
        switch (operation.OpCase)
        {
            case MqueueCall.OpOneofCase.Send:
                Send(stamp, call, operation.Send);
                break;
            case MqueueCall.OpOneofCase.Receive:
                Receive(stamp, call, operation.Receive);
                break;
            case MqueueCall.OpOneofCase.Return:
                Return(stamp, call.Seq, operation.Return);
                break;
            case MqueueCall.OpOneofCase.Notify:
                Notify(stamp, call.Seq, operation.Notify);
                break;
            case MqueueCall.OpOneofCase.Await:
                Await(stamp, call, operation.Await);
                break;
            case MqueueCall.OpOneofCase.Getattr:
                if (Held(stamp.Pid, operation.Getattr.Description) is { } description)
                    AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, MqueueAttributes = ToAttributes(description) });
                else
                    FailUnrecorded(stamp.Pid, call.Seq, Errno.EBADF);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    // ---- mq_send(3) ----

    private void Send(Stamp stamp, Call call, MqueueSend send)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotSend(pid, call, send, out var description) is { } rejection) Reject(pid, seq, rejection);
        else if (_messages.Count < _size.Maxmsg) Enqueue(stamp, seq, send);
        else if (WhyNotBlock(call, description!, send.Text.Length) is { } errno) FailRecorded(pid, seq, errno);
        else ParkSender(stamp, call, send);
    }

    private Rejection? WhyNotSend(int pid, Call call, MqueueSend send, out Description? description)
    {
        description = Held(pid, send.Description);
        if (send.Priority >= Bounds.MqueuePriorities || call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        // EBADF: "The descriptor specified in mqdes was invalid or not opened for writing."
        if (description is not { IsWritable: true }) return Rejection.Recorded(Errno.EBADF);
        // EMSGSIZE: "msg_len was greater than the mq_msgsize attribute of the message queue."
        if (send.Text.Length > _size.Msgsize) return Rejection.Recorded(Errno.EMSGSIZE);
        return null;
    }

    private Errno? WhyNotBlock(Call call, Description description, int length)
    {
        // EAGAIN: "The queue was full, and the O_NONBLOCK flag was set for the message queue description."
        if (description.IsNonblocking) return Errno.EAGAIN;
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) return Errno.ETIMEDOUT;
        if (_parkedBytes + length > Bounds.ParkedBytes) return Errno.ENOBUFS;
        return null;
    }

    private void Enqueue(Stamp stamp, ulong seq, MqueueSend send)
    {
        var sent = new MqueueSent { Pid = stamp.Pid, Seq = seq, Priority = send.Priority, Text = send.Text };
        Emit(new MqueueFact { Sent = sent });
        Release(stamp.Pid, seq);
        Arrived(_nextSerial - 1, stamp.Pid, stamp.Credentials.Uid);
    }

    private void ParkSender(Stamp stamp, Call call, MqueueSend send) => Emit(new MqueueFact
    {
        SenderParked = new MqueueSenderParked
        {
            Pid = stamp.Pid,
            Seq = call.Seq,
            Priority = send.Priority,
            Text = send.Text,
            DeadlineMs = DeadlineOf(call),
        },
    });

    // ---- mq_receive(3) ----

    private void Receive(Stamp stamp, Call call, MqueueReceive receive)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotReceive(pid, call, receive, out var description) is { } rejection) Reject(pid, seq, rejection);
        else if (_messages.First is { } message)
        {
            Take(message, pid, seq);
            WakeSenders();
        }
        else if (WhyNotBlock(call, description!) is { } errno)
        {
            if (!TryTakeHeld(pid, seq)) FailRecorded(pid, seq, errno);
        }
        else
        {
            var parked = new MqueueReceiverParked { Pid = pid, Seq = seq, DeadlineMs = DeadlineOf(call) };
            Emit(new MqueueFact { ReceiverParked = parked });
        }
    }

    private static Errno? WhyNotBlock(Call call, Description description)
    {
        // EAGAIN: "The queue was empty, and the O_NONBLOCK flag was set for the message queue description."
        if (description.IsNonblocking) return Errno.EAGAIN;
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) return Errno.ETIMEDOUT;
        return null;
    }

    private Rejection? WhyNotReceive(int pid, Call call, MqueueReceive receive, out Description? description)
    {
        description = Held(pid, receive.Description);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        // EBADF: "The file descriptor specified in mqdes was invalid or not opened for reading."
        if (description is not { IsReadable: true }) return Rejection.Recorded(Errno.EBADF);
        // EMSGSIZE: "msg_len was less than the mq_msgsize attribute of the message queue."
        if (receive.Size < _size.Msgsize) return Rejection.Recorded(Errno.EMSGSIZE);
        return null;
    }

    /// <summary>
    /// Puts the message of an earlier receive back to its old place. Not a call of POSIX: a service that could not use a
    /// message gives it to another receiver, without ending its process.
    /// </summary>
    private void Return(Stamp stamp, ulong seq, MqueueReturn back)
    {
        if (!Ledger.Carries(stamp.Pid, back.Seq))
        {
            FailRecorded(stamp.Pid, seq, Errno.ENOENT);
            return;
        }

        Emit(new MqueueFact { Returned = new MqueueReturned { Pid = stamp.Pid, Seq = seq, Receive = back.Seq } });
        Release(stamp.Pid, seq);
        AfterWaitersRemoved();
    }

    // ---- mq_notify(3) ----

    private void Notify(Stamp stamp, ulong seq, MqueueNotify notify)
    {
        if (WhyNotNotify(stamp.Pid, notify) is { } rejection)
        {
            Reject(stamp.Pid, seq, rejection);
            return;
        }

        if (!notify.Remove)
        {
            var registered = new MqueueRegistered
            {
                Pid = stamp.Pid, Seq = seq, Method = notify.Method, Signal = notify.Signal, Value = notify.Value,
            };
            Emit(new MqueueFact { Registered = registered });
            Release(stamp.Pid, seq);
        }
        else if (_registration is { } own && own.Pid == stamp.Pid && notify.Registration is var which
            && (which == 0 || which == own.Number))
        {
            Emit(new MqueueFact { Unregistered = new MqueueUnregistered { Pid = stamp.Pid, Seq = seq } });
            Release(stamp.Pid, seq);
        }
        else
        {
            AnswerRecorded(stamp.Pid, new Result { Seq = seq }); // a removal without a registration succeeds
        }
    }

    private Rejection? WhyNotNotify(int pid, MqueueNotify notify)
    {
        // EINVAL: "sevp->sigev_notify is not one of the permitted values", or "is SIGEV_SIGNAL and sevp->sigev_signo is
        // not a valid signal number."
        if (!notify.Remove && notify.Method is < NotifyMethods.Signal or > NotifyMethods.Thread)
            return Rejection.Unrecorded(Errno.EINVAL);
        if (!notify.Remove && notify is { Method: NotifyMethods.Signal, Signal: < 0 or > HighestSignal })
            return Rejection.Unrecorded(Errno.EINVAL);
        if (Held(pid, notify.Description) is null) return Rejection.Recorded(Errno.EBADF);
        // EBUSY: "Another process has already registered to receive notification for this message queue." Linux answers
        // so to the registered process too.
        if (!notify.Remove && _registration is not null) return Rejection.Recorded(Errno.EBUSY);
        return null;
    }

    private void Await(Stamp stamp, Call call, MqueueAwait wait)
    {
        if (_used.TryGetValue(wait.Registration, out var used) && used.Pid == stamp.Pid) Tell(stamp.Pid, call.Seq, used);
        else if (_registration is { } registration && registration.Pid == stamp.Pid
            && registration.Number == wait.Registration)
        {
            var ticket = Waiters.NextUnrecordedTicket();
            var waiter = new NotificationWaiter(
                stamp.Pid, wait.Registration, call.Seq, ticket, DeadlineOf(call), stamp.Credentials);
            ParkUnrecorded(waiter);
            (_awaiting ??= []).Add(waiter);
        }
        else
        {
            FailUnrecorded(stamp.Pid, call.Seq, Errno.ENOENT); // it was removed
        }
    }

    private void Tell(int pid, ulong seq, StoredMqueueRegistration used)
    {
        Emit(new MqueueFact { Awaited = new MqueueAwaited { Pid = pid, Seq = seq, Registration = used.Number } });
        Release(pid, seq);
    }

    private void ServeAwaiting()
    {
        if (_awaiting is not { } awaiting) return;
        foreach (var waiter in awaiting.ToArray())
        {
            var isParked = Waiters.TryGet(waiter.Pid, waiter.Seq, out var parked) && parked == waiter;
            if (isParked && _registration?.Number == waiter.Registration) continue;
            awaiting.Remove(waiter);
            if (!isParked) continue;
            if (_used.TryGetValue(waiter.Registration, out var used) && used.Pid == waiter.Pid)
                Tell(waiter.Pid, waiter.Seq, used);
            else
                AnswerUnrecorded(waiter, new Result { Seq = waiter.Seq, Errno = (int)Errno.ENOENT });
        }

        if (awaiting.Count == 0) _awaiting = null;
    }

    // "if the process closes the queue, its registration is removed": mqueue_flush_file of ipc/mqueue.c.
    protected override void Flush(int pid)
    {
        if (_registration?.Pid == pid) Emit(new MqueueFact { Unregistered = new MqueueUnregistered { Pid = pid } });
    }

    protected override void OnSettled()
    {
        if (Phase == Life.Alive) ServeAwaiting();
        base.OnSettled();
    }

    // ---- mq_getattr(3) ----

    private MqueueAttributes ToAttributes(Description description) => new()
    {
        Flags = description.Flags & FileFlags.O_NONBLOCK,
        Maxmsg = _size.Maxmsg,
        Msgsize = _size.Msgsize,
        Curmsgs = _messages.Count,
        Bytes = _messages.Bytes,
        Notify = _registration?.Method ?? 0,
        Signal = _registration is { Method: NotifyMethods.Signal } ? _registration.Signal : 0,
        NotifyPid = _registration?.Pid ?? 0,
        Receivers = _receiverCount,
        Senders = _senders.Count,
    };

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => ToEvent(new MqueueFact
    {
        Created = new MqueueCreated
        {
            Permissions = entry.Permissions,
            Size = entry.Mqueue,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
            Creator = entry.Creator,
            CreatorSeq = entry.CreatorSeq,
        },
    });

    protected override Event Removed() => ToEvent(new MqueueFact { Removed = new MqueueRemoved() });

    private void Emit(MqueueFact fact) => Emit(ToEvent(fact));

    private static Event ToEvent(MqueueFact fact) => new() { Mqueue = fact };
}
