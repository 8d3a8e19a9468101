namespace Cluster.Client;

/// <summary>The namespace that the process lives in: its children and its limits.</summary>
/// <example>
/// <code>
/// await ipc.Namespace.CreateChildAsync("prod");                    // as uid 0
/// await ipc.Namespace.SetLimitAsync("msgmax", 65_536);             // as uid 0
/// var limits = await ipc.Namespace.GetLimitsAsync();
/// Console.WriteLine($"{ipc.Namespace.Path}: msgmax {limits.Msgmax}");
/// </code>
/// </example>
public interface INamespace
{
    /// <summary>The absolute path of the namespace.</summary>
    string Path { get; }

    /// <summary>Creates a child namespace. EEXIST; EINVAL: not a name; EPERM: the process's uid is not 0.</summary>
    /// <param name="name">One path segment.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task CreateChildAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Removes a child namespace and all that is in it. ENOENT; EPERM: the process's uid is not 0.</summary>
    /// <param name="name">One path segment.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task RemoveChildAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The names of the child namespaces.</summary>
    Task<IReadOnlyList<string>> ListChildrenAsync(CancellationToken cancellationToken = default);

    /// <summary>The limits that hold in this namespace, its own and inherited ones.</summary>
    Task<NamespaceLimits> GetLimitsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the namespace a limit of its own. When this has completed, the limit holds for each call that any process
    /// of the namespace, or of one below it, begins from then on. It may take up to 17 s while a node of the cluster is
    /// silent or was just lost. ENOENT: no such limit; EINVAL, or ERANGE for semmni: out of range; EPERM: the process's
    /// uid is not 0.
    /// </summary>
    /// <param name="name">
    /// As sysctl(8) has it, without "kernel.": msgmax, msgmnb, msgmni (message queues); shmmax, shmall, shmmni (shared
    /// memory). The four numbers of kernel.sem have names of their own: semmsl, semmns, semopm, semmni.
    /// </param>
    /// <param name="value">The limit. shmmax and shmall are unsigned: the 64 bits of the number.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetLimitAsync(string name, long value, CancellationToken cancellationToken = default);

    /// <summary>Drops the namespace's own limit, so that its parent's limit holds. ENOENT: no such limit;
    /// EPERM.</summary>
    /// <param name="name">As for <see cref="SetLimitAsync"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task InheritLimitAsync(string name, CancellationToken cancellationToken = default);
}
