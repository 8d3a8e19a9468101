using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>An open file description of an object: open(2).</summary>
/// <param name="number">Its number in the object.</param>
/// <param name="flags">The access mode, and O_NONBLOCK.</param>
public sealed class Description(long number, int flags)
{
    /// <summary>The number: 1, 2, 3, ... in the object.</summary>
    public long Number { get; } = number;

    /// <summary>The access mode, O_NONBLOCK, and O_TRUNC until the flags are set.</summary>
    public int Flags { get; internal set; } = flags;

    /// <summary>The processes that hold it, each once, however many descriptors lead there.</summary>
    public HashSet<int> Holders { get; } = [];

    /// <summary>How often it is on its way to another process.</summary>
    public int InFlight { get; internal set; }

    /// <summary>Whether calls on it fail with EAGAIN rather than block.</summary>
    public bool IsNonblocking => (Flags & FileFlags.O_NONBLOCK) != 0;

    /// <summary>Whether it was opened with O_TRUNC: the open sets the size to 0, whatever the access mode is.</summary>
    public bool MayTruncate => (Flags & FileFlags.O_TRUNC) != 0;

    /// <summary>Whether it is open for reading.</summary>
    public bool IsReadable => (Flags & FileFlags.O_ACCMODE) is FileFlags.O_RDONLY or FileFlags.O_RDWR;

    /// <summary>Whether it is open for writing.</summary>
    public bool IsWritable => (Flags & FileFlags.O_ACCMODE) is FileFlags.O_WRONLY or FileFlags.O_RDWR;

    internal StoredDescription ToState() => new() { Number = Number, Flags = Flags, Holders = { Holders.Order() } };
}
