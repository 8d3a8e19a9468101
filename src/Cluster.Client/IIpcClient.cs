namespace Cluster.Client;

/// <summary>
/// A process of the cluster: it has a pid and credentials, lives in a namespace, and makes system calls.
/// Members may be used from any thread, and any number of calls may be under way at once.
/// Calls on one object reach it in the order in which they were made, whether they were awaited or not. At most
/// <see cref="IpcClientOptions.MaxCallsInFlight"/> calls of msgsnd(2) that may block are under way. Further ones wait
/// in the client, in their order. Other calls pass them, because a call that makes room, or removes the queue, must not
/// wait for them.
/// </summary>
/// <example>
/// <code>
/// await using IIpcClient ipc = await IpcClient.ConnectAsync("http://127.0.0.1:5210");
/// ipc.StateChanged += (_, change) => Console.WriteLine($"{change.State} {change.Reason}");
/// var queue = await ipc.MessageQueues.GetAsync(key: 42);
/// Console.WriteLine($"process {ipc.Pid} in {ipc.Namespace.Path} has queue {queue.Id}");
/// </code>
/// </example>
public interface IIpcClient : IAsyncDisposable
{
    /// <summary>getpid(2): never given out twice in the cluster. 0 until the first connection.</summary>
    int Pid { get; }

    /// <summary>The user that the process is. 65534 until the first connection.</summary>
    uint Uid { get; }

    /// <summary>The group that the process is in. 65534 until the first connection.</summary>
    uint Gid { get; }

    /// <summary>What the connection does now.</summary>
    IpcConnectionState State { get; }

    /// <summary>Raised on a thread-pool thread after <see cref="State"/> changed. Handlers must not throw.</summary>
    event EventHandler<IpcStateChange>? StateChanged;

    /// <summary>The message queues of the namespace: msgget(2), msgctl(2).</summary>
    IMessageQueues MessageQueues { get; }

    /// <summary>The semaphore sets of the namespace: semget(2), semctl(2).</summary>
    ISemaphoreSets SemaphoreSets { get; }

    /// <summary>The shared memory segments of the namespace: shmget(2), shmctl(2).</summary>
    ISharedMemorySegments SharedMemorySegments { get; }

    /// <summary>The POSIX message queues of the namespace: mq_overview(7).</summary>
    IPosixMessageQueues PosixMessageQueues { get; }

    /// <summary>The named POSIX semaphores of the namespace: sem_overview(7).</summary>
    IPosixSemaphores PosixSemaphores { get; }

    /// <summary>The POSIX shared memory objects of the namespace: shm_overview(7).</summary>
    IPosixSharedMemory PosixSharedMemory { get; }

    /// <summary>Locks by name, freed when their holder dies: mutexes, reader-writer locks, conditions, barriers.</summary>
    ILocks Locks { get; }

    /// <summary>The FIFOs of the namespace: fifo(7).</summary>
    IFifos Fifos { get; }

    /// <summary>The Unix sockets of the namespace: unix(7).</summary>
    ISockets Sockets { get; }

    /// <summary>The processes of the namespace: ps(1).</summary>
    IProcesses Processes { get; }

    /// <summary>The signals that the process sends and gets: signal(7).</summary>
    ISignals Signals { get; }

    /// <summary>The namespace that the process lives in: its path, its children and its limits.</summary>
    INamespace Namespace { get; }

    /// <summary>
    /// _exit(2): as disposal, with a status that those who wait for this process get. The first status counts.
    /// </summary>
    /// <param name="status">0 to 255; of another number the low 8 bits.</param>
    ValueTask ExitAsync(int status);

    /// <summary>What the node that this process is connected to says about itself.</summary>
    /// <exception cref="IpcConnectException">No node answers.</exception>
    Task<NodeStatus> StatAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Traces the calls of a process, as strace(1) with ptrace(2): of the same user, or of any user as uid 0. The trace
    /// goes on after the loss of a node: then a part with <see cref="IpcTraceFrame.Started"/> comes again. It ends when
    /// the process exits.
    /// </summary>
    /// <exception cref="IpcException">EPERM: the process belongs to another user. ESRCH: there is no such process in
    /// the namespace or below it.</exception>
    IAsyncEnumerable<IpcTraceFrame> TraceProcessAsync(int pid, CancellationToken cancellationToken = default);

    /// <summary>Traces the calls on an object of the namespace; as <see cref="TraceProcessAsync"/>.</summary>
    /// <param name="kind">The kind of the object.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Ends the trace.</param>
    /// <exception cref="IpcException">EPERM: the object belongs to another user. EINVAL, EIDRM: there is no such
    /// object.</exception>
    IAsyncEnumerable<IpcTraceFrame> TraceObjectAsync(
        IpcObjectKind kind, int id, CancellationToken cancellationToken = default);
}
