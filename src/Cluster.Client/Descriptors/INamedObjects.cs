using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>What the objects with names of one kind in a namespace have in common.</summary>
/// <typeparam name="THandle">A descriptor for one object.</typeparam>
/// <example>
/// <code>
/// await foreach (var entry in ipc.PosixMessageQueues.ListAsync())
///     Console.WriteLine($"{entry.Name} {(await ipc.PosixMessageQueues.StatAsync(entry)).Mode}");
/// </code>
/// </example>
public interface INamedObjects<THandle>
{
    /// <summary>
    /// Frees the name of an object: mq_unlink(3) and its like. The object lives until the last descriptor is closed.
    /// ENOENT: no object has the name; EACCES: the object is another user's, or the name is not valid.
    /// </summary>
    /// <param name="name">The name, with a slash at its start.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task UnlinkAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>All objects of the kind in the namespace that have a name, in no particular order.</summary>
    IAsyncEnumerable<NamedObjectEntry> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// As the other one, and objects without a name: those that are unlinked and still open, and pipes. Their name is empty.
    /// </summary>
    IAsyncEnumerable<NamedObjectEntry> ListAllAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// The open file descriptions of an object and the processes that hold them, as lsof(8) shows them: all to the owner of
    /// the object and to uid 0, to others their own. EBADF, EIDRM: there is no such object.
    /// </summary>
    /// <param name="entry">The object.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<IReadOnlyList<OpenDescriptionInfo>> GetHoldersAsync(
        NamedObjectEntry entry, CancellationToken cancellationToken = default);

    /// <summary>stat(2) of an object in a listing, without opening it. EBADF, EIDRM: there is no such object.</summary>
    /// <param name="entry">The object.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<NamedObjectStat> StatAsync(NamedObjectEntry entry, CancellationToken cancellationToken = default);

    /// <summary>
    /// A descriptor for a description that another process has shared with this one. Whether this process holds it
    /// shows at the first call: EBADF.
    /// </summary>
    THandle OpenShared(SharedDescription shared);
}

/// <summary>One object in a listing.</summary>
/// <param name="Name">The name, with a slash at its start.</param>
/// <param name="Id">The number of the object in its namespace.</param>
public readonly record struct NamedObjectEntry(string Name, int Id);

/// <summary>An open file description: open(2).</summary>
/// <param name="Number">Its number in the object.</param>
/// <param name="Flags">The access mode and the status flags.</param>
/// <param name="Pids">The processes that hold it.</param>
public sealed record OpenDescriptionInfo(long Number, OpenFlags Flags, IReadOnlyList<int> Pids);

/// <summary>stat(2) of an object with a name.</summary>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="Mode">The permission bits.</param>
/// <param name="Size">st_size, in bytes.</param>
/// <param name="Ctime">When it was made or changed, in seconds since the epoch.</param>
/// <param name="Descriptions">Open file descriptions.</param>
/// <param name="Durability">What it survives.</param>
public readonly record struct NamedObjectStat(
    uint Uid, uint Gid, UnixFileMode Mode, long Size, long Ctime, long Descriptions, Durability Durability)
{
    internal static NamedObjectStat From(FileStat file) => new(
        file.Permissions.Uid, file.Permissions.Gid, (UnixFileMode)file.Permissions.Mode, file.Size, file.Ctime,
        file.Descriptions, file.Volatile ? Durability.Volatile : Durability.Durable);
}
