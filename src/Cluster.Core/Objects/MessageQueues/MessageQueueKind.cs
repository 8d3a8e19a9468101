using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>The kind "message queue": msgget(2) has no size, and a new queue has msgmnb bytes.</summary>
public sealed class MessageQueueKind() : ObjectKind(Kind.MessageQueue, "msg", 'q', "msgmni")
{
    public override bool IsSized => false;

    public override ObjectMachine Create(EntityKey key) => new MessageQueue(key);

    public override bool IsSize(long size, Limits limits) => size == 0;

    public override ulong InitialSize(long size, Limits limits) => (ulong)limits.Msgmnb;
}
