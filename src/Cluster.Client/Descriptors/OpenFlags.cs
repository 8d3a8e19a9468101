using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// oflag of open(2), mq_open(3) and shm_open(3), with Linux's values. The access mode is one of the first three.
/// </summary>
[Flags]
public enum OpenFlags
{
    /// <summary>O_RDONLY: to receive.</summary>
    ReadOnly = FileFlags.O_RDONLY,

    /// <summary>O_WRONLY: to send.</summary>
    WriteOnly = FileFlags.O_WRONLY,

    /// <summary>O_RDWR: to send and to receive.</summary>
    ReadWrite = FileFlags.O_RDWR,

    /// <summary>O_CREAT: makes the object if no object has the name.</summary>
    Create = FileFlags.O_CREAT,

    /// <summary>O_EXCL: with <see cref="Create"/>, EEXIST if an object has the name.</summary>
    Exclusive = FileFlags.O_EXCL,

    /// <summary>O_TRUNC: sets the size of a shared memory object to 0. Needs the permission to write.</summary>
    Truncate = FileFlags.O_TRUNC,

    /// <summary>O_NONBLOCK: EAGAIN rather than blocking.</summary>
    NonBlocking = FileFlags.O_NONBLOCK,

    /// <summary>
    /// O_DIRECT of a pipe, for fcntl(2) alone: each write is a packet of up to 4,096 bytes, and a read takes one: pipe(2).
    /// </summary>
    Direct = FileFlags.O_DIRECT,
}
