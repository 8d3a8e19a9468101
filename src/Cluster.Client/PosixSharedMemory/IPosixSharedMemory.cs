namespace Cluster.Client;

/// <summary>The POSIX shared memory objects of a namespace: shm_overview(7).</summary>
/// <example>
/// <code>
/// await using var memory = await ipc.PosixSharedMemory.OpenAsync("/cache", OpenFlags.ReadWrite | OpenFlags.Create);
/// await memory.SetLengthAsync(4096);
/// await memory.WriteAsync(offset: 0, "hello"u8.ToArray());
/// await ipc.PosixSharedMemory.UnlinkAsync("/cache");
/// </code>
/// </example>
public interface IPosixSharedMemory : INamedObjects<IPosixSharedMemoryObject>
{
    /// <summary>
    /// shm_open(3). ENOENT: no object has the name, without <see cref="OpenFlags.Create"/>; EEXIST: one has, with
    /// <see cref="OpenFlags.Exclusive"/>; EACCES: no permission, with <see cref="OpenFlags.Truncate"/> also that to write;
    /// EINVAL: a name without a character, "." or "..", or with a slash that is not at its start; ENAMETOOLONG: more than 255
    /// bytes; EMFILE: the process has 65,536 descriptors.
    /// </summary>
    /// <param name="name">The name: 1 to 255 bytes without a slash, and before them any number of slashes.</param>
    /// <param name="flags">The access mode, whether to make the object, and whether to set its size to 0.</param>
    /// <param name="mode">Permissions of a new object, without those of <see cref="IpcClientOptions.Umask"/>.</param>
    /// <param name="durability">Of a new object.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IPosixSharedMemoryObject> OpenAsync(
        string name,
        OpenFlags flags = OpenFlags.ReadWrite,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        Durability durability = Durability.Durable,
        CancellationToken cancellationToken = default);
}
