using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// A process of the cluster: it has a pid and credentials, lives in a namespace, and makes system calls.
/// Members may be used from any thread, and any number of calls may be under way at once.
/// Calls on one object reach it in the order in which they were made, those that were not awaited too. Of calls of
/// msgsnd(2) that may block no more than <see cref="IpcClientOptions.Window"/> are under way; further ones wait here,
/// in their order, and other calls pass them: one that makes room, or removes the queue, must not wait for them.
/// </summary>
public interface IIpcClient : IAsyncDisposable
{
    /// <summary>getpid(2): never given out twice in the cluster. 0 until the first connection.</summary>
    int Pid { get; }

    /// <summary>The namespace that the process lives in, as an absolute path.</summary>
    string Namespace { get; }

    /// <summary>The user that the cluster takes the process for. 65534 until the first connection.</summary>
    uint Uid { get; }

    /// <summary>The group that the cluster takes the process for. 65534 until the first connection.</summary>
    uint Gid { get; }

    /// <summary>What the connection does now.</summary>
    IpcConnectionState State { get; }

    /// <summary>Raised on a thread-pool thread after <see cref="State"/> changed; handlers must not throw.</summary>
    event EventHandler<IpcStateChange>? StateChanged;

    /// <summary>The message queues of the namespace: msgget(2), msgctl(2).</summary>
    IMessageQueues MessageQueues { get; }

    /// <summary>The semaphore sets of the namespace: semget(2), semctl(2).</summary>
    ISemaphoreSets SemaphoreSets { get; }

    /// <summary>The shared memory segments of the namespace: shmget(2), shmctl(2).</summary>
    ISharedMemories SharedMemories { get; }

    /// <summary>The children and the limits of the process's own namespace.</summary>
    INamespaces Namespaces { get; }

    /// <summary>What the node that this process is connected to says about itself.</summary>
    /// <exception cref="IpcConnectException">No node answers.</exception>
    Task<NodeStatReply> StatAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Traces the calls of a process, as strace(1) with ptrace(2): its own, or any as uid 0. The trace goes on over the
    /// loss of nodes (a frame with <see cref="TraceFrame.Started"/> comes again then), and ends when the process exits.
    /// </summary>
    /// <exception cref="IpcException">EPERM: another user's. ESRCH: there is no such process in the namespace or below
    /// it.</exception>
    IAsyncEnumerable<TraceFrame> TraceProcessAsync(int pid, CancellationToken cancellationToken = default);

    /// <summary>Traces the calls on an object of the namespace; as <see cref="TraceProcessAsync"/>.</summary>
    /// <param name="kind">A message queue, a semaphore set or a shared memory segment.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Ends the trace.</param>
    /// <exception cref="IpcException">EPERM: another user's. EINVAL, EIDRM: there is no such object.</exception>
    IAsyncEnumerable<TraceFrame> TraceObjectAsync(Kind kind, int id, CancellationToken cancellationToken = default);
}
