using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Fifos;

/// <summary>One real FIFO. Its results have the format of the model.</summary>
public sealed class FifoHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    : NamedObjectHost(Key, entry, nowMs, options)
{
    public static readonly EntityKey Key = new() { Kind = Kind.Fifo, Namespace = 1, Id = 0 };

    protected override string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result switch
        {
            { DescriptionOpened: { } opened } => $"opened={opened.Number}",
            { FifoWritten: { } written } => $"written={written.Bytes}",
            { FifoBytes: { } bytes } => $"read={FifoModel.Print(bytes.Data.Span)}",
            { FifoStatus: { } status } =>
                $"status={status.Capacity} {status.Bytes} {status.Readers} {status.Writers}",
            { PollReadiness: { } poll } => $"ready={poll.Events}",
            { FileStat: { } stat } => $"stat={stat.Descriptions} {stat.Unlinked} {stat.Size}",
            _ => "ok",
        };
    }
}
