using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.MessageQueues;

/// <content>Which message goes to which receiver, and which blocked sender is served.</content>
public sealed partial class MessageQueue
{
    // ---- receivers ----

    /// <summary>Gives a message that can be chosen to the first receiver that takes it, if there is one.</summary>
    private void HandOver(ulong serial, long type, int length)
    {
        while (_receivers.FirstFor(type) is { } receiver)
        {
            if (receiver.Presence == Presence.Suspended)
            {
                Hold(MessageOf(serial), receiver);
                return;
            }

            if (Ledger.IsFull(receiver.Pid))
            {
                FailRecorded(receiver.Pid, receiver.Seq, Errno.ENOBUFS);
                continue;
            }

            if (Takes(length, receiver.Size, receiver.Flags))
            {
                Take(serial, length, receiver.Pid, receiver.Seq, receiver.Size);
                return;
            }

            FailRecorded(receiver.Pid, receiver.Seq, Errno.E2BIG);
        }
    }

    /// <summary>Gives a message to a receiver whose turn it is; if it is too long, to the next.</summary>
    private void Serve(QueuedMessage message, Receiver receiver)
    {
        var isFull = Ledger.IsFull(receiver.Pid);
        if (!isFull && Takes(message, receiver.Size, receiver.Flags))
        {
            Take(message, receiver.Pid, receiver.Seq, receiver.Size);
            return;
        }

        FailRecorded(receiver.Pid, receiver.Seq, isFull ? Errno.ENOBUFS : Errno.E2BIG);
        HandOver(message.Serial, message.Type, message.Text.Length);
    }

    private void Take(QueuedMessage message, int pid, ulong seq, long size) =>
        Take(message.Serial, message.Text.Length, pid, seq, size);

    private void Take(ulong serial, int length, int pid, ulong seq, long size)
    {
        var received = new MessageReceived { Pid = pid, Seq = seq, Serial = serial, TimeMs = WallMs };
        if (length > size) (received.Cut, received.Size) = (true, size);
        Emit(new Event { MessageReceived = received });
        Release(pid, seq);
    }

    // ---- senders ----

    /// <summary>Serves the senders whose messages fit, in the order of their waiting.</summary>
    private void WakeSenders()
    {
        while (_senders.Count > 0 && Room() is >= 0 and var room && (Sender?)_senders.FirstAtMost(room) is { } sender)
        {
            if (!IpcPermissions.Allow(Permissions, sender.Credentials, IpcPermissions.Write))
            {
                FailRecorded(sender.Pid, sender.Seq, Errno.EACCES);
                continue;
            }

            Emit(new Event
            {
                ParkedMessageQueued = new ParkedMessageQueued { Pid = sender.Pid, Seq = sender.Seq, TimeMs = WallMs },
            });
            Release(sender.Pid, sender.Seq);
            HandOver(_nextSerial - 1, sender.Call.Type, sender.Call.Text.Length);
        }
    }

    /// <summary>The bytes that another message may have; negative: no further message is possible.</summary>
    private long Room()
    {
        var qbytes = (long)Math.Min(_qbytes, long.MaxValue);
        return _messages.Count + 1L > qbytes ? -1 : qbytes - _messages.Bytes;
    }

    // ---- callers that are away ----

    // One held message is enough for a receiver, so it leaves the line.
    private void Hold(QueuedMessage message, Receiver receiver)
    {
        _messages.Hold(message, receiver);
        _receivers.Remove(receiver);
    }

    /// <summary>
    /// Gives a message that is held for a caller that is away to one that would be told that there is none.
    /// </summary>
    private bool TryTakeHeld(int pid, ulong seq, MsgRcv receive)
    {
        if (_messages.ChooseHeld(receive.Type, receive.Flags) is not { Holder: { } away } message) return false;
        if (!Takes(message, receive.Size, receive.Flags))
        {
            FailRecorded(pid, seq, Errno.E2BIG);
            return true;
        }

        Take(message, pid, seq, receive.Size);
        if (_messages.Choose(away.Type, away.Flags) is { } other) Hold(other, away);
        else _receivers.Add(away);
        WakeSenders();
        return true;
    }

    protected override bool TryEnd(Waiter waiter, Errno errno)
    {
        if (errno != Errno.ETIMEDOUT || waiter is not Receiver { Presence: Presence.Connected } receiver) return false;
        return !Ledger.IsFull(receiver.Pid) && TryTakeHeld(receiver.Pid, receiver.Seq, receiver.ToCall().Msgrcv);
    }

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (waiter is not Receiver receiver) return;
        if (receiver.Held is { } held)
        {
            // An older message that the receiver wants may have become free since the other one was held.
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

        WakeSenders(); // last, because messages in the queue go before those of blocked senders
    }

    protected override void OnPassedOver(Waiter waiter)
    {
        if (waiter is not Receiver receiver) return;
        _receivers.Remove(receiver);
        if (receiver.Held is not { } held) return;
        _messages.Unhold(held);
        HandOver(held.Serial, held.Type, held.Text.Length);
        WakeSenders();
    }

    protected override void AfterWaitersRemoved()
    {
        if (_freed is null) return;
        QueuedMessage[] freed = [.. _freed];
        _freed = null;
        foreach (var message in freed)
        {
            if (_messages.Contains(message.Serial) && message.Holder is null)
                HandOver(message.Serial, message.Type, message.Text.Length);
        }

        WakeSenders();
    }

    protected override void OnRecovered()
    {
        _freed = null;

        // A message in the queue that a waiting receiver would take was held, or the receiver was passed over. No
        // session is connected after a recovery, so each receiver has its turn again, in the order of the line.
        foreach (var receiver in Waiters.InLine<Receiver>())
        {
            if (_messages.Choose(receiver.Type, receiver.Flags) is { } message) Hold(message, receiver);
        }
    }

    // ---- messages ----

    private static bool Takes(QueuedMessage message, long size, int flags) =>
        Takes(message.Text.Length, size, flags);

    private static bool Takes(int length, long size, int flags) =>
        length <= size || (flags & IpcFlags.MSG_NOERROR) != 0;

    private static Message Cut(QueuedMessage message, long size) => new()
    {
        Type = message.Type,
        Text = message.Text.Length <= size ? message.Text : ByteString.CopyFrom(message.Text.Span[..(int)size]),
    };

    private QueuedMessage MessageOf(ulong serial) =>
        _messages.Find(serial) ?? throw new InvalidOperationException($"no message {serial} in the queue");
}
