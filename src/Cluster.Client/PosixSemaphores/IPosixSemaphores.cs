using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The named POSIX semaphores of a namespace: sem_overview(7).</summary>
/// <example>
/// <code>
/// await using var gate = await ipc.PosixSemaphores.OpenAsync("/gate", OpenFlags.Create, value: 3);
/// await gate.WaitAsync();
/// await gate.PostAsync();
/// </code>
/// </example>
public interface IPosixSemaphores : INamedObjects<IPosixSemaphore>
{
    /// <summary>
    /// sem_open(3). The same name opened twice leads to the same semaphore. ENOENT: no semaphore has the name, without
    /// <see cref="OpenFlags.Create"/>; EEXIST: one has, with <see cref="OpenFlags.Exclusive"/>; EACCES: without
    /// permission to read and write; EINVAL: a slash within the name, or a value above
    /// <see cref="Bounds.PosixSemaphoreValue"/>; ENAMETOOLONG: more than 251 bytes; EMFILE: the process has 65,536
    /// descriptors.
    /// </summary>
    /// <param name="name">The name. Slashes at its start do not count.</param>
    /// <param name="flags">Whether to make the semaphore. Access modes do not count.</param>
    /// <param name="mode">Permissions of a new semaphore, without those of <see cref="IpcClientOptions.Umask"/>.</param>
    /// <param name="value">Of a new semaphore.</param>
    /// <param name="durability">Of a new semaphore.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IPosixSemaphore> OpenAsync(
        string name,
        OpenFlags flags = OpenFlags.ReadOnly,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        long value = 0,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);
}
