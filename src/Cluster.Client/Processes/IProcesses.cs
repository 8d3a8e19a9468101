namespace Cluster.Client;

/// <summary>The processes of the namespace: ps(1), proc(5). Processes of other namespaces do not exist for it.</summary>
/// <example>
/// <code>
/// await foreach (var process in ipc.Processes.ListAsync())
///     Console.WriteLine($"{process.Pid} {process.State} {process.Waits.FirstOrDefault()?.Call}");
/// var exit = await ipc.Processes.WaitForExitAsync(pid);
/// </code>
/// </example>
public interface IProcesses
{
    /// <summary>
    /// All processes in the order of their pids, some at a time, however many there are. A process that ends meanwhile is
    /// left out. One that started a few milliseconds ago may be missing.
    /// </summary>
    /// <exception cref="IpcException">ESRCH: this process has ended.</exception>
    IAsyncEnumerable<IpcProcessInfo> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>One process.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="cancellationToken">Gives up the call.</param>
    /// <exception cref="IpcException">ESRCH: the namespace has no such process. EINVAL: no process has such a
    /// pid.</exception>
    Task<IpcProcessInfo> GetAsync(int pid, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits for the end of a process, which need not be a child: waitid(2), and a pidfd of pidfd_open(2). The answer is not
    /// lost with a node.
    /// </summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="timeout">How long to wait; null: without a limit.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <exception cref="IpcException">ESRCH: the namespace has no such process (any more). EINVAL: no process has such a
    /// pid, or it is that of the caller.</exception>
    /// <exception cref="IpcTimeoutException">The time-out has passed.</exception>
    Task<IpcProcessExit> WaitForExitAsync(
        int pid, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// What another client needs to start as a child of this process: <see cref="IpcClientOptions.Parent"/>. A child is in the
    /// group and the session of its parent: fork(2). Its end sends SIGCHLD to the parent.
    /// </summary>
    /// <param name="cancellationToken">Gives up the attempt to connect.</param>
    Task<IpcParent> GetParentAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// waitid(2): waits for a child to end, and takes it: nobody gets it again. If SIGCHLD is ignored, nobody has to take
    /// children, and this waits until there are none: ECHILD.
    /// </summary>
    /// <param name="pid">The child; null: any.</param>
    /// <param name="timeout">How long to wait; null: without a limit; zero: not at all.</param>
    /// <param name="keeps">WNOWAIT: the child can be waited for again.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <exception cref="IpcException">ECHILD: this process has no such child (any more). EINVAL: no process has such a
    /// pid.</exception>
    /// <exception cref="IpcTimeoutException">The time-out has passed.</exception>
    Task<IpcProcessExit> WaitForChildAsync(
        int? pid = null, TimeSpan? timeout = null, bool keeps = false, CancellationToken cancellationToken = default);

    /// <summary>setpgid(2): puts this process, or a child, into a process group.</summary>
    /// <param name="group">The group; 0: one with the pid of the process.</param>
    /// <param name="pid">The process; 0: this one.</param>
    /// <param name="cancellationToken">Gives up the call.</param>
    /// <exception cref="IpcException">EINVAL: negative. ESRCH: it is neither this process nor a child. EPERM: the group is in
    /// another session, or there is no such group; or the process leads its session, as each one without a parent does.
    /// </exception>
    Task SetGroupAsync(int group = 0, int pid = 0, CancellationToken cancellationToken = default);

    /// <summary>setsid(2): a new session with a new process group, which this process leads.</summary>
    /// <exception cref="IpcException">EPERM: this process leads a group already.</exception>
    Task StartSessionAsync(CancellationToken cancellationToken = default);
}
