using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>
/// One descriptor for an object. It reads and writes at the extents, with a capability that the object gives it at the first
/// call.
/// </summary>
internal sealed class PosixSharedMemoryObject(OpenDescription description, int descriptor)
    : DescriptorHandle(description, descriptor, "close"), IPosixSharedMemoryObject
{
    private const string Pread = "pread";
    private const string Pwrite = "pwrite";

    private readonly ExtentParts _parts = new(Kind.PosixExtent, description.Target.Id);
    private PosixSharedMemoryGrant? _grant;
    private long _sizeSeen; // of the object, at some time: a write beyond it makes the object grow first

    public Task SetLengthAsync(long length, CancellationToken cancellationToken = default) =>
        ResizeAsync(new() { Length = length }, "ftruncate", cancellationToken);

    /// <summary>The second half of an open with O_TRUNC.</summary>
    internal Task TruncateOpenedAsync(CancellationToken cancellationToken) =>
        ResizeAsync(new() { Opens = true }, "shm_open", cancellationToken);

    public async Task<NamedObjectStat> StatAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("fstat");
        var stat = new Call { Description = new DescriptionCall { Stat = new DescriptionStat() } };
        var result = await Open.CallAsync(stat, "fstat", cancellationToken).ConfigureAwait(false);
        return NamedObjectStat.From(result.FileStat);
    }

    public async ValueTask<int> ReadAsync(
        long offset, Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Check(offset, buffer.Length, Pread);
        var grant = await GrantAsync(Pread, FileFlags.O_WRONLY, cancellationToken).ConfigureAwait(false);
        var length = (int)Math.Clamp(Bounds.SegmentBytes - offset, 0, buffer.Length);
        var end = length; // the lowest place where the object has turned out to end
        await _parts.ForEachAsync(offset, length, async part =>
        {
            var read = new ShmRead
            {
                Capability = grant.Capability, Offset = part.Offset, Length = part.Length, Partial = true,
            };
            var count = await ReadPartAsync(part, read, buffer, cancellationToken).ConfigureAwait(false);
            if (count < part.Length)
                InterlockedMin(ref end, part.At + count);
        }).ConfigureAwait(false);
        return end;
    }

    public async ValueTask WriteAsync(
        long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        Check(offset, data.Length, Pwrite);
        var grant = await GrantAsync(Pwrite, FileFlags.O_RDONLY, cancellationToken).ConfigureAwait(false);
        if (data.Length == 0)
            return;
        if (offset > Bounds.SegmentBytes - data.Length)
            throw new IpcException(Errno.EFBIG, Pwrite);
        var end = offset + data.Length;
        if (end > Volatile.Read(ref _sizeSeen))
            await ResizeAsync(Growth(end), Pwrite, cancellationToken).ConfigureAwait(false);
        await _parts.ForEachAsync(offset, data.Length, async part =>
        {
            var write = new ShmWrite
            {
                Capability = grant.Capability,
                Offset = part.Offset,
                Data = ByteString.CopyFrom(data.Span.Slice(part.At, part.Length)),
            };
            await WritePartAsync(part, write, end, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    public async Task<IPosixSharedMemoryMapping> MapAsync(
        long length, long offset = 0, bool isReadOnly = false, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("mmap");
        var map = new PosixSharedMemoryMap
        {
            Description = Open.Number, Offset = offset, Length = length, Writes = !isReadOnly,
        };
        var call = new Call { PosixSharedMemory = new PosixSharedMemoryCall { Map = map } };
        var begun = Open.Connection.Begin(Open.Request(call, "mmap", null, Errno.None, cancellationToken));
        var grant = await new ValueTask<Grant>(begun, begun.Version).ConfigureAwait(false);
        return new PosixSharedMemoryMapping(
            Open.Connection, Open.Target, grant.Result!.ShmAttachment, offset, grant.Pid);
    }

    public IPosixSharedMemoryObject Duplicate() => new PosixSharedMemoryObject(Open, TakeDuplicate());

    private void Check(long offset, int length, string call)
    {
        ThrowIfClosed(call);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Bounds.TransferBytes, nameof(length));
        if (offset < 0)
            throw new IpcException(Errno.EINVAL, call);
    }

    /// <param name="call">The call that errors name.</param>
    /// <param name="unfit">The access mode that does not allow the call: EBADF.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    private async ValueTask<PosixSharedMemoryGrant> GrantAsync(
        string call, int unfit, CancellationToken cancellationToken)
    {
        if (_grant is not { } grant)
        {
            var access = new PosixSharedMemoryAccess { Description = Open.Number };
            var body = new Call { PosixSharedMemory = new PosixSharedMemoryCall { Access = access } };
            var result = await Open.CallAsync(body, call, cancellationToken).ConfigureAwait(false);
            _grant = grant = result.PosixSharedMemoryGrant;
            Volatile.Write(ref _sizeSeen, grant.Size);
        }

        return grant.Flags == unfit ? throw new IpcException(Errno.EBADF, call) : grant;
    }

    private async Task<int> ReadPartAsync(
        ExtentPart part, ShmRead read, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var result = await CallExtentAsync(part, new Call { ShmRead = read }, Pread, cancellationToken)
                .ConfigureAwait(false);
            var into = buffer.Span.Slice(part.At, result.ShmBytes.Length);
            var data = result.ShmBytes.Data.Span;
            data.CopyTo(into);
            into[data.Length..].Clear();
            return into.Length;
        }
        catch (IpcException exception) when (exception.Errno == Errno.EFAULT)
        {
            return 0; // the object ends before this extent
        }
    }

    private async Task WritePartAsync(
        ExtentPart part, ShmWrite write, long end, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await CallExtentAsync(part, new Call { ShmWrite = write }, Pwrite, cancellationToken)
                    .ConfigureAwait(false);
                return;
            }
            catch (IpcException exception) when (exception.Errno == Errno.EFAULT)
            {
                // Another process has cut the object meanwhile. On Linux, too, the later of the two calls counts.
                await ResizeAsync(Growth(end), Pwrite, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ValueTask<Result> CallExtentAsync(
        ExtentPart part, Call call, string name, CancellationToken cancellationToken) =>
        Open.Connection.CallAsync(part.Target, call, name, cancellationToken, Open.Pid);

    private static PosixSharedMemoryTruncate Growth(long end) => new() { Length = end, Grows = true };

    private async Task ResizeAsync(
        PosixSharedMemoryTruncate truncate, string name, CancellationToken cancellationToken)
    {
        ThrowIfClosed(name);
        truncate.Description = Open.Number;
        var call = new Call { PosixSharedMemory = new PosixSharedMemoryCall { Truncate = truncate } };
        var result = await Open.CallAsync(call, name, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _sizeSeen, result.PosixSharedMemorySize.Bytes);
    }

    private static void InterlockedMin(ref int place, int value)
    {
        for (var seen = Volatile.Read(ref place); value < seen;)
        {
            var before = Interlocked.CompareExchange(ref place, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
