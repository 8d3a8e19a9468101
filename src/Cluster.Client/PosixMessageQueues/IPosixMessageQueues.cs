namespace Cluster.Client;

/// <summary>The POSIX message queues of a namespace: mq_overview(7).</summary>
/// <example>
/// <code>
/// await using var queue = await ipc.PosixMessageQueues.OpenAsync("/jobs", OpenFlags.ReadWrite | OpenFlags.Create);
/// await queue.SendAsync("urgent"u8.ToArray(), priority: 9);
/// await ipc.PosixMessageQueues.UnlinkAsync("/jobs");
/// </code>
/// </example>
public interface IPosixMessageQueues : INamedObjects<IPosixMessageQueue>
{
    /// <summary>
    /// mq_open(3). ENOENT: no queue has the name, without <see cref="OpenFlags.Create"/>; EEXIST: one has, with
    /// <see cref="OpenFlags.Exclusive"/>; EACCES: no permission, or a second slash in the name; EINVAL: no slash at the
    /// start, attributes below 1 or above the limits; ENAMETOOLONG: more than 255 bytes; ENOSPC: queues_max; EMFILE: the
    /// user's queues would have more bytes than RLIMIT_MSGQUEUE, or the process has 65,536 descriptors.
    /// </summary>
    /// <param name="name">The name: a slash, then 1 to 255 bytes without a slash.</param>
    /// <param name="flags">The access mode, and whether to make the queue.</param>
    /// <param name="mode">Permissions of a new queue, without those of <see cref="IpcClientOptions.Umask"/>.</param>
    /// <param name="size">Of a new queue; null: fs.mqueue.msg_default and msgsize_default.</param>
    /// <param name="durability">Of a new queue.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IPosixMessageQueue> OpenAsync(
        string name,
        OpenFlags flags = OpenFlags.ReadWrite,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        PosixQueueSize? size = null,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);
}
