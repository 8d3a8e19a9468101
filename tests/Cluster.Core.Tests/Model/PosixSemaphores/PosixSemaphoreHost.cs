using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSemaphores;

/// <summary>One real POSIX semaphore. Its results have the format of the model.</summary>
public sealed class PosixSemaphoreHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    : NamedObjectHost(Key, entry, nowMs, options)
{
    public static readonly EntityKey Key = new() { Kind = Kind.PosixSemaphore, Namespace = 1, Id = 0 };

    protected override string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result switch
        {
            { DescriptionOpened: { } opened } => $"opened={opened.Number}",
            { PosixSemaphoreValue: { } value } => $"value={value.Value} {value.Waiters}",
            { FileStat: { } stat } => $"stat={stat.Descriptions} {stat.Unlinked} {stat.Size}",
            _ => "ok",
        };
    }
}
