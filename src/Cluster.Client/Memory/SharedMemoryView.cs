using System.Numerics;
using Cluster.Client.Connection;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// Memory of an object of either kind, from some offset on: calls the extents directly. Bytes to write are copied on the way
/// in, as with messages: a frame may be sent again after the caller has put other bytes into its buffer.
/// </summary>
/// <param name="connection">The process.</param>
/// <param name="parts">The extents of the object.</param>
/// <param name="start">Where in the object the memory begins, in bytes.</param>
/// <param name="size">Bytes.</param>
/// <param name="capability">What the process shows to the extents.</param>
/// <param name="pid">The process to which the capability belongs: a new process that took over has nothing.</param>
internal abstract class SharedMemoryView(
    IpcConnection connection, ExtentParts parts, long start, long size, ulong capability, int pid)
{
    private int _isGone;

    public long Size => size;

    public IFutexes Futexes => field ??= new Futexes(this);

    /// <summary>The process whose memory it is.</summary>
    internal IpcConnection Connection => connection;

    protected long Start => start;

    private bool IsGone => Volatile.Read(ref _isGone) != 0;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Check(offset, buffer.Length, "read");
        return parts.ForEachAsync(start + offset, buffer.Length, async part =>
        {
            var read = new ShmRead { Capability = capability, Offset = part.Offset, Length = part.Length };
            var call = new Call { ShmRead = read };
            var result = await CallAsync(part.Target, call, "read", cancellationToken).ConfigureAwait(false);
            var into = buffer.Span.Slice(part.At, part.Length);
            var data = result.ShmBytes.Data.Span;
            data.CopyTo(into);
            into[data.Length..].Clear();
        });
    }

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        Check(offset, data.Length, "write");
        return parts.ForEachAsync(start + offset, data.Length, async part =>
        {
            var bytes = ByteString.CopyFrom(data.Span.Slice(part.At, part.Length));
            var write = new ShmWrite { Capability = capability, Offset = part.Offset, Data = bytes };
            var call = new Call { ShmWrite = write };
            await CallAsync(part.Target, call, "write", cancellationToken).ConfigureAwait(false);
        });
    }

    public ValueTask<T> LoadAsync<T>(long offset, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.Load, offset, T.Zero, T.Zero, cancellationToken);

    public ValueTask<T> ExchangeAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.Exchange, offset, value, T.Zero, cancellationToken);

    public ValueTask<T> CompareExchangeAsync<T>(
        long offset, T value, T expected, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.CompareExchange, offset, value, expected, cancellationToken);

    public ValueTask<T> FetchAddAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.Add, offset, value, T.Zero, cancellationToken);

    public ValueTask<T> FetchAndAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.And, offset, value, T.Zero, cancellationToken);

    public ValueTask<T> FetchOrAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.Or, offset, value, T.Zero, cancellationToken);

    public ValueTask<T> FetchXorAsync<T>(long offset, T value, CancellationToken cancellationToken = default)
        where T : unmanaged, IBinaryInteger<T> =>
        OperateAsync(ShmAtomic.Types.Operation.Xor, offset, value, T.Zero, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (IsGone || connection.IsDisposed)
            return;
        try
        {
            await EndAsync(default).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            // The object or the process has ended, and what the process had of it too.
        }
    }

    /// <summary>shmdt(2) or munmap(2).</summary>
    protected abstract Task EndAsync(CancellationToken cancellationToken);

    /// <summary>Marks the memory as detached or unmapped. EINVAL: it was before.</summary>
    protected void Leave(string call)
    {
        if (Interlocked.Exchange(ref _isGone, 1) != 0)
            throw new IpcException(Errno.EINVAL, call);
    }

    protected ValueTask<Result> CallAsync(Target target, Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(target, call, name, cancellationToken, pid);

    /// <summary>Where a word lies in its extent. EFAULT: not within the memory.</summary>
    internal int PlaceOf(long offset)
    {
        Check(offset, sizeof(uint), "futex");
        return (int)((start + offset) % Bounds.ExtentBytes);
    }

    /// <summary>Which extent has a word.</summary>
    internal Target ExtentOf(long offset) => parts.ExtentOf(start + offset);

    /// <summary>Begins a call on the words of one extent.</summary>
    /// <param name="offset">One of the words.</param>
    /// <param name="futex">The call, without the capability.</param>
    /// <param name="timeout">How long it may block; null: for ever.</param>
    /// <param name="soft">The errno that is an answer rather than an exception.</param>
    /// <param name="cancellationToken">The caller's.</param>
    internal PendingCall BeginFutex(
        long offset, FutexCall futex, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken)
    {
        futex.Capability = capability;
        return connection.Begin(
            new CallRequest(ExtentOf(offset), new Call { Futex = futex }, "futex", timeout, cancellationToken)
            {
                Soft = soft, Of = new Grant(null, pid),
            });
    }

    private async ValueTask<T> OperateAsync<T>(
        ShmAtomic.Types.Operation operation, long offset, T operand, T expected, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryInteger<T>
    {
        var width = operand.GetByteCount();
        if (width is not (sizeof(uint) or sizeof(ulong)))
            throw new NotSupportedException($"{typeof(T).Name} is no word: 4 or 8 bytes");
        Check(offset, width, "atomic");
        var call = new Call
        {
            ShmAtomic = new ShmAtomic
            {
                Capability = capability,
                Operation = operation,
                Offset = (int)((start + offset) % Bounds.ExtentBytes),
                Width = width,
                Operand = ulong.CreateTruncating(operand),
                Expected = ulong.CreateTruncating(expected),
            },
        };
        var result = await CallAsync(parts.ExtentOf(start + offset), call, "atomic", cancellationToken).ConfigureAwait(false);
        return T.CreateTruncating(result.ShmWord.Previous);
    }

    private void Check(long offset, int length, string name)
    {
        if (IsGone)
            throw new ObjectDisposedException(nameof(ISharedMemory), "the memory is detached");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Bounds.TransferBytes, nameof(length));
        // A mapping may lie beyond what any object can have.
        if (offset < 0 || offset > size - length || start + offset > Bounds.SegmentBytes - length)
            throw new IpcException(Errno.EFAULT, name);
    }
}
