using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.Mqueues;

/// <summary>A caller blocked in mq_receive(3).</summary>
public sealed class MqueueReceiver(MqueueReceiverParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, new Credentials())
{
    /// <summary>While the receiver is suspended: the message that is kept for it.</summary>
    internal PriorityMessage? Held;

    public override Call ToCall() =>
        new() { Seq = Seq, Mqueue = new MqueueCall { Receive = new MqueueReceive() } };

    internal MqueueReceiverParked ToState() => new() { Pid = Pid, Seq = Seq, DeadlineMs = DeadlineMs };
}

/// <summary>A caller blocked in mq_send(3), with its message.</summary>
public sealed class MqueueSender(MqueueSenderParked parked, ulong ticket)
    : Waiter(parked.Pid, parked.Seq, ticket, parked.DeadlineMs, new Credentials())
{
    /// <summary>The priority, from 0 to 32,767.</summary>
    public uint Priority { get; } = parked.Priority;

    /// <summary>The text.</summary>
    public ByteString Text { get; } = parked.Text;

    public override Call ToCall() => new()
    {
        Seq = Seq, Mqueue = new MqueueCall { Send = new MqueueSend { Priority = Priority, Text = Text } },
    };

    internal MqueueSenderParked ToState() => new()
    {
        Pid = Pid, Seq = Seq, Priority = Priority, Text = Text, DeadlineMs = DeadlineMs,
    };
}

/// <summary>
/// A caller that waits until its registration is used. The journal does not have it: the registration is what counts,
/// and a caller whose wait is lost asks again.
/// </summary>
public sealed class NotificationWaiter(
    int pid, ulong registration, ulong seq, ulong ticket, long deadlineMs, Credentials caller)
    : Waiter(pid, seq, ticket, deadlineMs, caller)
{
    /// <summary>The number of the registration.</summary>
    public ulong Registration { get; } = registration;

    public override bool IsRecorded => false;

    public override Call ToCall() => new()
    {
        Seq = Seq, Mqueue = new MqueueCall { Await = new MqueueAwait { Registration = Registration } },
    };
}
