using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Mqueues;

/// <content>Which message goes to which receiver, which blocked sender is served, and who is notified.</content>
public sealed partial class Mqueue
{
    /// <summary>A message has entered the queue: a receiver gets it, or the registered process is told.</summary>
    private void Arrived(ulong serial, int pid, uint uid)
    {
        // mq_notify(3): "If there is a process blocked in mq_receive(), the registration stays, and the message goes
        // there."
        if (_receivers.Count > 0) HandOver();
        else if (_messages.Count == 1 && _messages.Contains(serial) && _registration is { } registration)
        {
            var notification = new MqueueNotification { Value = registration.Value, Pid = pid, Uid = uid };
            Emit(new MqueueFact { Notified = new MqueueNotified { Notification = notification } });
        }
    }

    // ---- receivers ----

    /// <summary>Gives messages to the receivers in line, as long as there are both.</summary>
    private void HandOver()
    {
        while (FirstIn(_receivers) is MqueueReceiver receiver && _messages.First is { } message)
        {
            if (receiver.Presence == Presence.Suspended) Hold(message, receiver);
            else Serve(message, receiver);
        }
    }

    private void Serve(PriorityMessage message, MqueueReceiver receiver)
    {
        if (Ledger.IsFull(receiver.Pid)) FailRecorded(receiver.Pid, receiver.Seq, Errno.ENOBUFS);
        else Take(message, receiver.Pid, receiver.Seq);
    }

    private void Take(PriorityMessage message, int pid, ulong seq)
    {
        Emit(new MqueueFact { Received = new MqueueReceived { Pid = pid, Seq = seq, Serial = message.Serial } });
        Release(pid, seq);
    }

    private static Waiter? FirstIn(TicketTree line) => line.FirstAtLeast(0);

    // ---- senders ----

    /// <summary>
    /// Serves blocked senders in the order of their waiting, while there is room. Their messages notify nobody:
    /// pipelined_receive of ipc/mqueue.c.
    /// </summary>
    private void WakeSenders()
    {
        while (_messages.Count < _size.Maxmsg && FirstIn(_senders) is MqueueSender sender)
        {
            Emit(new MqueueFact { ParkedSent = new MqueueParkedSent { Pid = sender.Pid, Seq = sender.Seq } });
            Release(sender.Pid, sender.Seq);
            HandOver();
        }
    }

    // ---- callers that are away ----

    // One held message is enough for a receiver, so it leaves the line.
    private void Hold(PriorityMessage message, MqueueReceiver receiver)
    {
        _messages.Hold(message, receiver);
        _receivers.Remove(receiver);
    }

    /// <summary>
    /// Gives a message that is held for a caller that is away to one that would be told that there is none. "Under no
    /// circumstance shall the operation fail with a timeout if a message can be removed from the message queue
    /// immediately": mq_timedreceive(3p).
    /// </summary>
    private bool TryTakeHeld(int pid, ulong seq)
    {
        if (_messages.FirstHeld is not { Holder: { } away } message) return false;
        Take(message, pid, seq);
        _receivers.Add(away, 0);
        HandOver();
        WakeSenders();
        return true;
    }

    protected override bool TryEnd(Waiter waiter, Errno errno) =>
        errno == Errno.ETIMEDOUT && waiter is MqueueReceiver { Presence: Presence.Connected } && !Ledger.IsFull(waiter.Pid)
            && TryTakeHeld(waiter.Pid, waiter.Seq);

    protected override void OnCallerBack(Waiter waiter, Presence before)
    {
        if (waiter is not MqueueReceiver receiver) return;
        if (receiver.Held is { } held)
        {
            // A message of a higher priority may have arrived since the other one was held.
            _messages.Unhold(held);
            Serve(_messages.First!, receiver);
        }
        else if (before == Presence.PassedOver)
        {
            _receivers.Add(receiver, 0);
        }

        HandOver();
        WakeSenders(); // last, because messages in the queue go before those of blocked senders
    }

    protected override void OnPassedOver(Waiter waiter)
    {
        if (waiter is not MqueueReceiver receiver) return;
        if (receiver.InTree) _receivers.Remove(receiver);
        if (receiver.Held is not { } held) return;
        _messages.Unhold(held);
        HandOver();
        WakeSenders();
    }

    protected override void AfterWaitersRemoved()
    {
        HandOver();
        WakeSenders();
        base.AfterWaitersRemoved();
    }

    protected override void OnRecovered()
    {
        base.OnRecovered();

        // A message in the queue while a receiver waits was held, or the receiver was passed over. No session is
        // connected after a recovery, so each receiver has its turn again, in the order of the line.
        foreach (var receiver in Waiters.InLine<MqueueReceiver>())
        {
            if (_messages.First is not { } message) break;
            Hold(message, receiver);
        }
    }
}
