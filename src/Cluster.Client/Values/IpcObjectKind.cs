using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The kinds of objects.</summary>
public enum IpcObjectKind
{
    /// <summary>A message queue: msgop(2).</summary>
    MessageQueue = Kind.MessageQueue,

    /// <summary>A semaphore set: semop(2).</summary>
    SemaphoreSet = Kind.SemaphoreSet,

    /// <summary>A shared memory segment: shmop(2).</summary>
    SharedMemorySegment = Kind.SharedMemory,

    /// <summary>A POSIX message queue: mq_overview(7).</summary>
    PosixMessageQueue = Kind.Mqueue,

    /// <summary>A named POSIX semaphore: sem_overview(7).</summary>
    PosixSemaphore = Kind.PosixSemaphore,

    /// <summary>A POSIX shared memory object: shm_overview(7).</summary>
    PosixSharedMemory = Kind.PosixSharedMemory,

    /// <summary>A FIFO: fifo(7).</summary>
    Fifo = Kind.Fifo,

    /// <summary>A Unix socket: unix(7).</summary>
    Socket = Kind.Socket,
}
