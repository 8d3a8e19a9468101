namespace Cluster.Client;

/// <summary>The processes of the namespace: ps(1), proc(5). Processes of other namespaces do not exist for it.</summary>
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
}
