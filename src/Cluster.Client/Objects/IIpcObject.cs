namespace Cluster.Client;

/// <summary>What all kinds of objects have in common. A call that fails throws <see cref="IpcException"/>.</summary>
/// <typeparam name="TStat">What IPC_STAT says about the object.</typeparam>
/// <typeparam name="TChange">What IPC_SET can change of it.</typeparam>
/// <example>
/// Gives an object to another group, whatever its kind:
/// <code>
/// static Task ShareAsync&lt;TStat&gt;(IIpcObject&lt;TStat, PermissionsChange&gt; shared, uint gid) =>
/// shared.SetAsync(new() {
///     Gid = gid, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
/// });
/// </code>
/// </example>
public interface IIpcObject<TStat, in TChange>
    where TChange : PermissionsChange
{
    /// <summary>msqid, semid or shmid.</summary>
    int Id { get; }

    /// <summary>
    /// IPC_STAT. EACCES: without read permission, unless any; EINVAL, EIDRM: there is no such object.
    /// </summary>
    /// <param name="any">MSG_STAT_ANY, SEM_STAT_ANY, SHM_STAT_ANY: without the check of read permission.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<TStat> StatAsync(bool any = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// IPC_SET, for the members that are given. The object changes them in one step, so two processes that change
    /// different members at the same time both succeed. EPERM: neither owner, creator nor root; EINVAL: a uid or gid of
    /// -1, or the node is of a version that only takes changes with all members.
    /// </summary>
    /// <param name="change">What changes; members that are null stay.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetAsync(TChange change, CancellationToken cancellationToken = default);

    /// <summary>IPC_RMID. EPERM: neither owner, creator nor root.</summary>
    Task RemoveAsync(CancellationToken cancellationToken = default);
}
