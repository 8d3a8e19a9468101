using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSemaphores;

/// <summary>One real POSIX semaphore. Its results have the format of the model.</summary>
public sealed class PosixSemaphoreHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    : ObjectHost(Key, entry, nowMs, options)
{
    public static readonly EntityKey Key = new() { Kind = Kind.PosixSemaphore, Namespace = 1, Id = 0 };

    /// <summary>sem_unlink(3) by root, as the directory asks for it.</summary>
    public void Unlink(long nowMs) => Machine.Ask(
        new Request { DestroyObject = new DestroyObject { Credentials = new Credentials() } }, 1, nowMs);

    protected override Errno? Answer(Request request) => Errno.None;

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
