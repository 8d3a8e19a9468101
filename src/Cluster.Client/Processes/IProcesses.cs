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
}
