using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>One real semaphore set. Its results have the format of the model.</summary>
public sealed class SetHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    : ObjectHost(Key, entry, nowMs, options)
{
    public static readonly EntityKey Key = new() { Kind = Kind.SemaphoreSet, Namespace = 1 };

    protected override string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        if (result.ValueCase == Result.ValueOneofCase.SemNumber) return $"number {result.SemNumber}";
        if (result.SemValues is { } all)
            return $"values {all.Values} pids {all.Pids} ncnt {all.IncreaseCounts} zcnt {all.ZeroCounts}";
        if (result.SetStat is not { } stat) return "ok";
        return $"uid={stat.Permissions.Uid} gid={stat.Permissions.Gid} mode={stat.Permissions.Mode} "
            + $"nsems={stat.Nsems} otime={stat.Otime} ctime={stat.Ctime} waiters={stat.Waiters}";
    }
}
