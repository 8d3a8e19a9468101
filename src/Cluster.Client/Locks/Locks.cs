using System.Runtime.CompilerServices;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class Locks(IPosixSharedMemory objects) : ILocks
{
    private const string Prefix = "/lock.";

    public async Task<IRobustMutex> OpenMutexAsync(
        string name, UnixFileMode mode, Durability durability, CancellationToken cancellationToken)
    {
        var place = await OpenAsync(name, mode, durability, cancellationToken).ConfigureAwait(false);
        return new RobustMutex(place, LockPlace.Lock, isNamed: true);
    }

    public async Task<IReaderWriterLock> OpenReaderWriterLockAsync(
        string name, LockPreference preference, UnixFileMode mode, Durability durability, CancellationToken cancellationToken)
    {
        var place = await OpenAsync(name, mode, durability, cancellationToken).ConfigureAwait(false);
        return new ReaderWriterLock(place, preference);
    }

    public async Task<ILockBarrier> OpenBarrierAsync(
        string name, int participants, UnixFileMode mode, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(participants);
        return new LockBarrier(
            await OpenAsync(name, mode, durability, cancellationToken).ConfigureAwait(false), participants);
    }

    public async Task<ICountdown> OpenCountdownAsync(
        string name, int initialCount, UnixFileMode mode, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initialCount);
        ArgumentOutOfRangeException.ThrowIfEqual(initialCount, int.MaxValue);
        var place = await OpenAsync(name, mode, durability, cancellationToken).ConfigureAwait(false);
        try
        {
            await place.Memory.CompareExchangeAsync(LockPlace.Countdown, initialCount + 1, 0, cancellationToken)
                .ConfigureAwait(false);
            return new Countdown(place);
        }
        catch
        {
            await place.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task<IOnce> OpenOnceAsync(
        string name, UnixFileMode mode, Durability durability, CancellationToken cancellationToken) =>
        new Once(await OpenAsync(name, mode, durability, cancellationToken).ConfigureAwait(false));

    public IRobustMutex MutexAt(ISharedMemory memory, long offset)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.Futexes is not Futexes)
            throw new ArgumentException("the memory is not that of an IpcClient", nameof(memory));
        return new RobustMutex(new LockPlace(memory, isOwned: false), offset, isNamed: false);
    }

    public Task UnlinkAsync(string name, CancellationToken cancellationToken) =>
        objects.UnlinkAsync(ToPath(name), cancellationToken);

    public async IAsyncEnumerable<NamedLock> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in objects.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!entry.Name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            foreach (var each in await ReadAsync(entry.Name, cancellationToken).ConfigureAwait(false))
                yield return new NamedLock(entry.Name[Prefix.Length..], each);
        }
    }

    private async Task<IReadOnlyList<FutexLockInfo>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var found = new List<FutexLockInfo>();
        try
        {
            await using var opened = await objects.OpenAsync(path, OpenFlags.ReadOnly, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            await using var memory =
                await opened.MapAsync(LockPlace.Bytes, isReadOnly: true, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
            await foreach (var each in memory.Futexes.ListAsync(cancellationToken).ConfigureAwait(false))
                found.Add(each);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EACCES or Errno.ENOENT or Errno.EIDRM or Errno.EFAULT
            or Errno.EBADF)
        {
            // It is another user's, has just gone, or has no bytes yet.
        }

        return found;
    }

    private async Task<LockPlace> OpenAsync(
        string name, UnixFileMode mode, Durability durability, CancellationToken cancellationToken)
    {
        const OpenFlags flags = OpenFlags.ReadWrite | OpenFlags.Create;
        await using var opened = await objects.OpenAsync(ToPath(name), flags, mode, durability, cancellationToken)
            .ConfigureAwait(false);
        // Whoever comes first sets the size. The size of a lock never changes, so it does no harm that several do so.
        if ((await opened.StatAsync(cancellationToken).ConfigureAwait(false)).Size < LockPlace.Bytes)
            await opened.SetLengthAsync(LockPlace.Bytes, cancellationToken).ConfigureAwait(false);
        var memory = await opened.MapAsync(LockPlace.Bytes, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new LockPlace(memory, isOwned: true);
    }

    // A slash at the start does not count, as in the names of the other kinds.
    private static string ToPath(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var own = name.TrimStart('/');
        return own.Length == 0 ? throw new IpcException(Errno.EINVAL, "shm_open") : Prefix + own;
    }
}
