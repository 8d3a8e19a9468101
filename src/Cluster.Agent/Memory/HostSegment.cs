using System.Globalization;
using Cluster.Agent.Native;
using Google.Protobuf;

namespace Cluster.Agent.Memory;

/// <summary>
/// A segment on this host: a memory file that all its programs map, and a copy of what the cluster has. A page that
/// differs from the copy is written back. One caller at a time: the gate.
/// </summary>
internal sealed class HostSegment(int id, long serial) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;
    private const int LoadsAtOnce = 8;

    private Descriptor? _memory;
    private Descriptor? _copy;

    /// <summary>Whoever reads or changes it has this.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public int Id => id;

    public Dictionary<long, Attachment> Attachments { get; } = [];

    /// <summary>The last program has detached it: the next one loads it anew.</summary>
    public bool IsGone { get; set; }

    public bool IsLoaded => _memory is not null;

    public long Bytes { get; private set; }

    /// <summary>The name that its mappings have in /proc/PID/maps.</summary>
    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"ipc-shm-{id}-{serial}");

    public Target Target { get; } = new() { Kind = Kind.SharedMemory, Id = id };

    /// <summary>Makes the memory and reads the extents into it. False: this host has no room for it.</summary>
    /// <param name="by">An attachment that may read.</param>
    /// <param name="isEmpty">Nothing was ever written to the segment.</param>
    public async Task<bool> LoadAsync(Attachment by, bool isEmpty)
    {
        Bytes = (long)by.Own.Size;
        _memory = MemoryFiles.CreateFixed(Name, RoundUp(Bytes));
        _copy = MemoryFiles.CreateFixed(Name + "-copy", RoundUp(Bytes));
        if (_memory is null || _copy is null)
            return false;
        if (isEmpty)
            return true;
        var extents = Enumerable.Range(0, (int)((Bytes + Bounds.ExtentBytes - 1) / Bounds.ExtentBytes));
        foreach (var some in extents.Chunk(LoadsAtOnce))
        {
            if (!(await Task.WhenAll(some.Select(index => LoadAsync(by, index))).ConfigureAwait(false)).All(done => done))
                return false;
        }

        return true;
    }

    /// <summary>A descriptor of the memory for a program; one for reading cannot be mapped for writing.</summary>
    public Descriptor ForProgram(bool isReadOnly) =>
        MemoryFiles.Reopen(_memory!, isReadOnly ? Libc.O_RDONLY : Libc.O_RDWR);

    /// <summary>Writes back what programs have changed, by an attachment that may write.</summary>
    public async Task WriteBackAsync()
    {
        var by = Attachments.Values.FirstOrDefault(attachment => !attachment.Own.ReadOnly);
        if (by is null || _memory is null)
            return;
        var (now, before) = (new byte[ChunkBytes], new byte[ChunkBytes]);
        for (long at = 0; (at = MemoryFiles.NextData(_memory.Number, at)) >= 0 && at < Bytes; at += ChunkBytes)
        {
            at -= at % ChunkBytes;
            var length = (int)Math.Min(ChunkBytes, Bytes - at);
            if (!MemoryFiles.TryRead(_memory.Number, now.AsSpan(0, length), at)
                || !MemoryFiles.TryRead(_copy!.Number, before.AsSpan(0, length), at))
                return;
            foreach (var (start, end) in Differences.Of(now.AsMemory(0, length), before.AsMemory(0, length)))
            {
                if (!await WriteAsync(by, at + start, now.AsMemory(start..end)).ConfigureAwait(false))
                    return;
            }
        }
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _copy?.Dispose();
    }

    private async Task<bool> LoadAsync(Attachment by, int index)
    {
        var start = (long)index * Bounds.ExtentBytes;
        var read = new ShmRead
        {
            Capability = by.Own.Capability, Length = (int)Math.Min(Bounds.ExtentBytes, Bytes - start),
        };
        var grant = await by.Files.Session
            .TakeAsync(Extent(index), new Call { ShmRead = read }, "shmat", CancellationToken.None, ofPid: by.Pid)
            .ConfigureAwait(false);
        if (!grant.Taken)
            return false;
        var data = grant.Result!.ShmBytes.Data.Span;
        return data.IsEmpty
            || (MemoryFiles.TryWrite(_memory!.Number, data, start) && MemoryFiles.TryWrite(_copy!.Number, data, start));
    }

    // What could not be written stays different, and is tried again.
    private async Task<bool> WriteAsync(Attachment by, long offset, ReadOnlyMemory<byte> bytes)
    {
        var write = new ShmWrite
        {
            Capability = by.Own.Capability,
            Offset = (int)(offset % Bounds.ExtentBytes),
            Data = ByteString.CopyFrom(bytes.Span),
        };
        var extent = Extent((int)(offset / Bounds.ExtentBytes));
        var grant = await by.Files.Session
            .TakeAsync(extent, new Call { ShmWrite = write }, "shmdt", CancellationToken.None, ofPid: by.Pid)
            .ConfigureAwait(false);
        return grant.Taken && MemoryFiles.TryWrite(_copy!.Number, bytes.Span, offset);
    }

    private Target Extent(int index) => new() { Kind = Kind.Extent, Id = ((long)id << 32) | (uint)index };

    private static long RoundUp(long bytes) => (bytes + Bounds.PageBytes - 1) / Bounds.PageBytes * Bounds.PageBytes;
}
