using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Mqueues;

/// <summary>One real POSIX message queue. Its results have the format of the model.</summary>
public sealed class MqueueHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    : NamedObjectHost(Key, entry, nowMs, options)
{
    /// <summary>Processes from this number on do not exist.</summary>
    public const int FirstGhost = 1_000_000;

    public static readonly EntityKey Key = new() { Kind = Kind.Mqueue, Namespace = 1, Id = 0 };

    protected override Errno? Answer(Request request) =>
        request.To.Kind == Kind.Process && request.To.Id >= FirstGhost ? Errno.ESRCH : Errno.None;

    protected override string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result switch
        {
            { MqueueMessage: { } message } => $"message={message.Priority} \"{message.Text.ToStringUtf8()}\"",
            { DescriptionOpened: { } opened } => $"opened={opened.Number}",
            { PollReadiness: { } ready } => $"poll={ready.Events}",
            { MqueueRegistration: { } registration } => $"registered={registration.Number}",
            { MqueueNotification: { } told } => $"notified={told.Value} by {told.Pid} {told.Uid}",
            { MqueueAttributes: { } all } => $"attr={all.Flags} {all.Maxmsg} {all.Msgsize} {all.Curmsgs} {all.Bytes} "
                + $"{all.Notify} {all.Signal} {all.NotifyPid} {all.Receivers} {all.Senders}",
            { FileStat: { } stat } => $"stat={stat.Descriptions} {stat.Unlinked}",
            _ => "ok",
        };
    }
}
