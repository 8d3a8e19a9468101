namespace Cluster.Protocol;

/// <summary>Hard bounds of the system: what no setting can raise. Units are in the names.</summary>
public static class Bounds
{
    /// <summary>Gateway addresses that a node names to a client, and that a client remembers.</summary>
    public const int Gateways = 64;

    /// <summary>The largest message that msgmax may allow.</summary>
    public const int MessageBytes = 16 * 1024 * 1024;

    /// <summary>The largest frame of a stream: one message of <see cref="MessageBytes"/> and its envelope.</summary>
    public const int FrameBytes = MessageBytes + 64 * 1024;

    /// <summary>
    /// The largest first frame of a stream, in bytes: a hello with some 12,000 supplementary groups.
    /// </summary>
    public const int HelloBytes = 64 * 1024;

    /// <summary>
    /// Parts of a first frame: messages, elements of lists, and unknown fields. <see cref="NumbersPerPart"/> numbers of
    /// a packed list are one part.
    /// </summary>
    public const int HelloParts = 1_024;

    /// <summary>Numbers of a packed list that count as one part of a frame.</summary>
    public const int NumbersPerPart = 16;

    /// <summary>Parts of any other frame, counted as <see cref="HelloParts"/>.</summary>
    public const int FrameParts = 65_536;

    /// <summary>What one part of a frame takes in memory, in bytes, beside its payload.</summary>
    public const int PartBytes = 200;

    /// <summary>What a sender puts into one frame, unless a single call is larger.</summary>
    public const int FrameTargetBytes = 256 * 1024;

    /// <summary>
    /// Bytes of results that may wait for the client of one session; the node lowers it when many clients do not read.
    /// </summary>
    public const long UnreadBytes = 32 * 1024 * 1024;

    /// <summary>
    /// Bytes of results that may wait for any client before its calls wait, however many others do not read.
    /// </summary>
    public const long UnreadBytesAtLeast = ExtentBytes;

    /// <summary>
    /// Bytes of results of calls that read, which wait for all clients of a node. One message of the largest size is kept
    /// free for sessions that have nothing: they have it in turn.
    /// </summary>
    public const long UnreadBytesOfNode = 32 * 1024 * 1024;

    /// <summary>Bytes of results that one object keeps for one process, which has not acknowledged them.</summary>
    public const long UnacknowledgedBytes = 128 * 1024 * 1024;

    /// <summary>Results that one object keeps for one process, which has not acknowledged them.</summary>
    public const int Unacknowledged = 65_536;

    /// <summary>Bytes of frames larger than <see cref="HelloBytes"/> that all clients of a node are sending.</summary>
    public const long LargeFrameBytesOfNode = 48 * 1024 * 1024;

    /// <summary>Frames of one client that may wait for its session, as they are in memory, in bytes.</summary>
    public const long WaitingFrameBytes = 4 * 1024 * 1024;

    /// <summary>
    /// The same of all clients of a node. The share of each shrinks before that, and one frame of each always waits.
    /// </summary>
    public const long WaitingFrameBytesOfNode = 24 * 1024 * 1024;

    /// <summary>Calls of one process that may be unanswered, parked ones included.</summary>
    public const int CallsPerProcess = 65_536;

    /// <summary>Calls that block on a target and do not hold back the acknowledgement of later results there.</summary>
    public const int PendingPerTarget = 64;

    /// <summary>Bytes of the messages of blocked senders in one queue; beyond it a sender fails with ENOBUFS.</summary>
    public const long ParkedBytes = 256 * 1024 * 1024;

    /// <summary>Calls in one frame.</summary>
    public const int CallsPerFrame = 4_096;

    /// <summary>Children of a process that run or have not been waited for: the next one fails with EAGAIN.</summary>
    public const int ChildrenPerProcess = 65_536;

    /// <summary>Objects that one process may have touched.</summary>
    public const int ObjectsPerProcess = 65_536;

    /// <summary>Semaphores of one set: sem_num of semop(2) has 16 bits.</summary>
    public const int SemaphoresPerSet = 65_536;

    /// <summary>Operations of one semop(2) that semopm may allow.</summary>
    public const int SemaphoreOperations = 4_096;

    /// <summary>SEMVMX: the highest value of a semaphore, and of what may have to be undone (SEMAEM).</summary>
    public const int SemaphoreValue = 32_767;

    /// <summary>Bytes of a shared memory segment that one entity holds. On disk: never change it.</summary>
    public const int ExtentBytes = 256 * 1024;

    /// <summary>Bytes of a page of shared memory, which shmall counts. On disk: never change it.</summary>
    public const int PageBytes = 4096;

    /// <summary>The uid and gid of a process that names none: overflowuid of proc(5).</summary>
    public const uint OverflowId = 65_534;

    /// <summary>The largest segment that shmmax may allow: the address space of a process on x86-64.</summary>
    public const long SegmentBytes = 1L << 47;

    /// <summary>Bytes of a segment that one call of the client library reads or writes.</summary>
    public const int TransferBytes = 16 * 1024 * 1024;

    /// <summary>Attachments that one segment may have.</summary>
    public const int AttachmentsPerSegment = 65_536;

    /// <summary>Calls that wait at the futexes of one extent, and readers of one lock. A further one fails with ENOMEM.</summary>
    public const int FutexWaiters = 65_536;

    /// <summary>Words of one futex_waitv(2): FUTEX_WAITV_MAX.</summary>
    public const int FutexWaitvWords = 128;

    /// <summary>Holders of the open file descriptions of one object, counted once for each description.</summary>
    public const int HoldersPerObject = 65_536;

    /// <summary>Descriptors that one process may have: the highest RLIMIT_NOFILE.</summary>
    public const int DescriptorsPerProcess = 65_536;

    /// <summary>Objects with names of one kind in one namespace, whatever the limits say.</summary>
    public const int NamedObjects = 1_000_000;

    /// <summary>NAME_MAX: bytes of the name of an object, without the slash at its start.</summary>
    public const int NameBytes = 255;

    /// <summary>PATH_MAX: bytes of a path, with the NUL at its end.</summary>
    public const int PathBytes = 4_096;

    /// <summary>Bytes of a pipe that F_SETPIPE_SZ may set: /proc/sys/fs/pipe-max-size of Linux.</summary>
    public const int PipeBytes = 1_048_576;

    /// <summary>Bytes of the name of a Unix socket: sun_path without its NUL, or an abstract name without the NUL before it.</summary>
    public const int SocketNameBytes = 107;

    /// <summary>SO_SNDBUF of a Unix socket, in bytes: /proc/sys/net/core/wmem_default of Linux.</summary>
    public const int SocketBytes = 212_992;

    /// <summary>What a packet counts against SO_SNDBUF beside its bytes: struct sk_buff and struct skb_shared_info of Linux.</summary>
    public const int PacketOverheadBytes = 576;

    /// <summary>The highest backlog of listen(2): /proc/sys/net/core/somaxconn of Linux.</summary>
    public const int Backlog = 4_096;

    /// <summary>Messages of one POSIX message queue: HARD_MSGMAX of Linux.</summary>
    public const int MqueueMessages = 65_536;

    /// <summary>MQ_PRIO_MAX: priorities are below it.</summary>
    public const int MqueuePriorities = 32_768;

    /// <summary>SEM_VALUE_MAX: the highest value of a POSIX semaphore.</summary>
    public const int PosixSemaphoreValue = int.MaxValue;

    /// <summary>RLIMIT_MSGQUEUE of a process that has set none, in bytes: getrlimit(2).</summary>
    public const long RlimitMsgqueue = 819_200;

    /// <summary>
    /// RLIMIT_SIGPENDING of a process that has set none: signals that may be queued for it. getrlimit(2).
    /// </summary>
    public const int RlimitSigpending = 4_096;

    /// <summary>The highest RLIMIT_SIGPENDING.</summary>
    public const int QueuedSignals = 65_536;

    /// <summary>Calls without a result that the state of a process shows: the oldest ones.</summary>
    public const int WaitsPerProcess = 16;

    /// <summary>Supplementary groups of a process (NGROUPS_MAX).</summary>
    public const int Groups = 65_536;

    /// <summary>Entries in one page of a listing.</summary>
    public const int ListingPage = 1_000;
}
