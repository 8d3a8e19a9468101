using System.Numerics;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// Memory that processes share, as one process has it in use: a segment that it has attached (shmop(2)), or a mapping of a
/// POSIX object (mmap(2)).
/// <para>
/// A range is read and written in parts of 262,144 bytes (<see cref="Bounds.ExtentBytes"/>) that begin at multiples of
/// that: each part is read or written as a whole, one part may be seen without another. Bytes that nobody has written
/// are zeros. EFAULT: a range does not lie within the memory; EACCES: it is read-only; EIDRM: the object is volatile, and the
/// bytes that were written there are lost; <see cref="IpcSessionLostException"/>: the process that attached or mapped the
/// memory is lost, whether a new process took over or not.
/// </para>
/// <para>
/// Words are integers of 4 or 8 bytes, little-endian, at offsets that are multiples of their size (else EINVAL).
/// Operations on words are linearizable, and each happens once. All writes are in the journal when they complete.
/// </para>
/// </summary>
/// <example>
/// <code>
/// static async Task CountAsync(ISharedMemory memory) => await memory.FetchAddAsync(offset: 0, 1L);
/// </code>
/// </example>
public interface ISharedMemory : IAsyncDisposable
{
    /// <summary>Bytes of the memory: shm_segsz of a segment, the length of a mapping.</summary>
    long Size { get; }

    /// <summary>Attached with SHM_RDONLY, or mapped without PROT_WRITE.</summary>
    bool IsReadOnly { get; }

    /// <summary>The words of 32 bits at which callers wait, and the locks on them: futex(2).</summary>
    IFutexes Futexes { get; }

    /// <summary>Reads a range. When it fails, a part of the buffer may have been written.</summary>
    /// <param name="offset">Where, bytes from the start of the memory.</param>
    /// <param name="buffer">Where the bytes go; at most <see cref="Bounds.TransferBytes"/>.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Writes a range. When it fails or is interrupted, a part may have been written.</summary>
    /// <param name="offset">Where, bytes from the start of the memory.</param>
    /// <param name="data">The bytes, at most <see cref="Bounds.TransferBytes"/>; not to be changed meanwhile.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default);

    /// <summary>The word.</summary>
    ValueTask<T> LoadAsync<T>(long offset, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Sets the word; returns what it was.</summary>
    ValueTask<T> ExchangeAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Sets the word if it is what is expected; returns what it was.</summary>
    /// <param name="offset">Where, bytes from the start of the memory.</param>
    /// <param name="value">The new word.</param>
    /// <param name="expected">The word that it replaces: it was set if the method returns this.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    ValueTask<T> CompareExchangeAsync<T>(
        long offset, T value, T expected, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Adds to the word, which may wrap; returns what it was.</summary>
    ValueTask<T> FetchAddAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Clears the bits that value has not; returns what the word was.</summary>
    ValueTask<T> FetchAndAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Sets the bits that value has; returns what the word was.</summary>
    ValueTask<T> FetchOrAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Inverts the bits that value has; returns what the word was.</summary>
    ValueTask<T> FetchXorAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T>;
}
