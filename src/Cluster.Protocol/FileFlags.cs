namespace Cluster.Protocol;

/// <summary>Flags of open(2) and events of poll(2), with the values that Linux has on x86-64.</summary>
public static class FileFlags
{
    /// <summary>Open for reading.</summary>
    public const int O_RDONLY = 0;

    /// <summary>Open for writing.</summary>
    public const int O_WRONLY = 1;

    /// <summary>Open for reading and writing.</summary>
    public const int O_RDWR = 2;

    /// <summary>The bits of the access mode.</summary>
    public const int O_ACCMODE = 3;

    /// <summary>Make the object if no object has the name.</summary>
    public const int O_CREAT = 0x40;

    /// <summary>With <see cref="O_CREAT"/>: fail if an object has the name.</summary>
    public const int O_EXCL = 0x80;

    /// <summary>Set the size of an object that exists to 0.</summary>
    public const int O_TRUNC = 0x200;

    /// <summary>Fail rather than block.</summary>
    public const int O_NONBLOCK = 0x800;

    /// <summary>Of a pipe: each write is a packet, and a read takes one: pipe(2).</summary>
    public const int O_DIRECT = 0x4000;

    /// <summary>There is something to receive.</summary>
    public const int POLLIN = 1;

    /// <summary>A send would not block.</summary>
    public const int POLLOUT = 4;

    /// <summary>An error has occurred; told unasked.</summary>
    public const int POLLERR = 8;

    /// <summary>The other end is gone; told unasked.</summary>
    public const int POLLHUP = 16;

    /// <summary>The permission bits of a file: set-user-ID, set-group-ID, sticky bit, and the nine bits.</summary>
    public const int ModeBits = 0xFFF;
}
