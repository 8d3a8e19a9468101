using System.Numerics;
using Cluster.Client.Connection;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// Calls the extents directly, each a target of its own: the client learns their nodes as it does for all objects.
/// Bytes to write are copied on the way in, as with messages: a frame may be sent again after the caller has put other
/// bytes into its buffer.
/// </summary>
internal sealed class SharedMemoryAttachment(IpcConnection connection, Target segment, ShmAttachment own, int pid)
    : ISharedMemoryAttachment
{
    /// <summary>
    /// Parts of one range that are under way at once: bounds the bytes in a stream and in the memory of a node.
    /// </summary>
    private const int PartsAtOnce = 8;

    private int _isDetached;

    public int SegmentId => (int)segment.Id;

    public long Size => (long)own.Size;

    public bool IsReadOnly => own.ReadOnly;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Check(offset, buffer.Length, "read");
        return InPartsAsync(offset, buffer.Length, async part =>
        {
            var read = new ShmRead { Capability = own.Capability, Offset = part.Offset, Length = part.Length };
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
        return InPartsAsync(offset, data.Length, async part =>
        {
            var bytes = ByteString.CopyFrom(data.Span.Slice(part.At, part.Length));
            var write = new ShmWrite { Capability = own.Capability, Offset = part.Offset, Data = bytes };
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

    public async Task DetachAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isDetached, 1) != 0)
            throw new IpcException(Errno.EINVAL, "shmdt");
        var call = new Call { Shmdt = new ShmDt { Attachment = own.Id } };
        await CallAsync(segment, call, "shmdt", cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Volatile.Read(ref _isDetached) != 0 || connection.IsDisposed)
            return;
        try
        {
            await DetachAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            // The segment or the process has ended, and the attachment with it.
        }
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
                Capability = own.Capability,
                Operation = operation,
                Offset = (int)(offset % Bounds.ExtentBytes),
                Width = width,
                Operand = ulong.CreateTruncating(operand),
                Expected = ulong.CreateTruncating(expected),
            },
        };
        var target = ExtentOf(offset);
        var result = await CallAsync(target, call, "atomic", cancellationToken).ConfigureAwait(false);
        return T.CreateTruncating(result.ShmWord.Previous);
    }

    // The capability belongs to one process: a new process that took over has nothing attached.
    private ValueTask<Result> CallAsync(Target target, Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(target, call, name, cancellationToken, pid);

    private void Check(long offset, int length, string name)
    {
        if (Volatile.Read(ref _isDetached) != 0)
            throw new ObjectDisposedException(nameof(ISharedMemoryAttachment), "the segment is detached");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Bounds.TransferBytes, nameof(length));
        if (offset < 0 || offset > Size - length)
            throw new IpcException(Errno.EFAULT, name);
    }

    private Target ExtentOf(long offset) =>
        new() { Kind = Kind.Extent, Id = (segment.Id << 32) | (offset / Bounds.ExtentBytes) };

    private ValueTask InPartsAsync(long offset, int length, Func<Part, Task> action)
    {
        var first = PartAt(offset, 0, length);
        return first.Length == length
            ? length == 0 ? ValueTask.CompletedTask : new ValueTask(action(first))
            : new ValueTask(AllAsync(offset, length, action));
    }

    // Waits for all parts that were begun: nothing touches the caller's buffer afterwards.
    private async Task AllAsync(long offset, int length, Func<Part, Task> action)
    {
        var running = new Queue<Task>();
        Exception? failure = null;
        for (var at = 0; at < length && failure is null;)
        {
            var part = PartAt(offset, at, length);
            running.Enqueue(action(part));
            at += part.Length;
            if (running.Count >= PartsAtOnce)
                failure = await EndAsync(running.Dequeue()).ConfigureAwait(false);
        }

        while (running.TryDequeue(out var last))
            failure = await EndAsync(last).ConfigureAwait(false) ?? failure;
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    private static async Task<Exception?> EndAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private Part PartAt(long offset, int at, int length)
    {
        var start = (int)((offset + at) % Bounds.ExtentBytes);
        return new Part(ExtentOf(offset + at), at, start, Math.Min(Bounds.ExtentBytes - start, length - at));
    }

    /// <param name="Target">The extent.</param>
    /// <param name="At">Where in the caller's buffer.</param>
    /// <param name="Offset">Where in the extent.</param>
    /// <param name="Length">Bytes.</param>
    private readonly record struct Part(Target Target, int At, int Offset, int Length);
}
