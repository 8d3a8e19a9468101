namespace Cluster.Client;

/// <summary>What the objects of one kind in a namespace have in common.</summary>
/// <typeparam name="THandle">One object.</typeparam>
/// <typeparam name="TStat">What IPC_STAT says about it.</typeparam>
/// <example>
/// <code>
/// await foreach (var (id, key) in ipc.MessageQueues.ListAsync())
///     Console.WriteLine($"queue {id} has key {key:x8}");
/// </code>
/// </example>
public interface IIpcObjects<out THandle, TStat>
{
    /// <summary>The object of an id. The cluster is not asked whether it exists.</summary>
    THandle Open(int id);

    /// <summary>All objects of the kind in the namespace, in the order of their ids.</summary>
    IAsyncEnumerable<IpcObjectEntry> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// MSG_STAT, SEM_STAT, SHM_STAT, and with any MSG_STAT_ANY and its like. EINVAL: no object has the index; EACCES:
    /// without read permission, unless any.
    /// </summary>
    /// <param name="index">The object's place in the kernel's array: 0 to HighestIndex.</param>
    /// <param name="any">Without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<TStat> StatByIndexAsync(int index, bool any = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// kernel.msg_next_id, kernel.sem_next_id, kernel.shm_next_id: the id that is chosen for the next object; null:
    /// none.
    /// </summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<int?> GetNextIdAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Chooses the id of the next object. If its place is taken, the object gets the next free place, with the same
    /// sequence; after the object is made, no id is chosen any more. EPERM: the process's uid is not 0; EINVAL: the id
    /// is negative.
    /// </summary>
    /// <param name="id">The id, from 0.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetNextIdAsync(int id, CancellationToken cancellationToken = default);
}
