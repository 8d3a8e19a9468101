namespace Cluster.Actors.Journal.Log;

/// <summary>
/// Large arrays for the bytes of the log, which are used again. The garbage collector neither moves them nor looks into
/// them: bytes that stay for seconds would make each of its pauses longer otherwise.
/// </summary>
internal sealed class LogChunks
{
    /// <summary>The size of a chunk, in bytes.</summary>
    public const int Size = 1 << 20;

    // As many as a stretch of the log of the usual size needs.
    private const int FreeAtMost = 48;

    private readonly Lock _gate = new();
    private readonly Stack<byte[]> _free = new();

    /// <summary>An array of <see cref="Size"/> with any content, or a larger one.</summary>
    public byte[] Take(int atLeast)
    {
        if (atLeast <= Size)
        {
            lock (_gate)
                if (_free.TryPop(out var chunk)) return chunk;
        }

        return GC.AllocateUninitializedArray<byte>(Math.Max(Size, atLeast));
    }

    /// <summary>Nobody reads this array any more.</summary>
    public void GiveBack(byte[] chunk)
    {
        if (chunk.Length != Size) return;
        lock (_gate)
            if (_free.Count < FreeAtMost) _free.Push(chunk);
    }

    /// <summary>Leaves the free arrays to the garbage collector.</summary>
    public void Trim()
    {
        lock (_gate) _free.Clear();
    }
}
