using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.MessageQueues;

/// <summary>One real message queue. Its results have the format of the model.</summary>
public sealed class QueueHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    : ObjectHost(Key, entry, nowMs, options)
{
    public static readonly EntityKey Key = World.QueueOf(1, 0);

    protected override string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        if (result.Message is { } message) return $"type={message.Type} \"{message.Text.ToStringUtf8()}\"";
        if (result.QueueStat is not { } stat) return "ok";
        var permissions = stat.Permissions;
        return $"uid={permissions.Uid} gid={permissions.Gid} mode={permissions.Mode} qbytes={stat.Qbytes} "
            + $"qnum={stat.Qnum} cbytes={stat.Cbytes} stime={stat.Stime} rtime={stat.Rtime} ctime={stat.Ctime} "
            + $"lspid={stat.Lspid} lrpid={stat.Lrpid} receivers={stat.Receivers} senders={stat.Senders}";
    }
}
