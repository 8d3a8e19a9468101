namespace Cluster.Cli.Kinds;

/// <summary>The arguments of msgget(2), semget(2) and shmget(2).</summary>
/// <param name="Key">The key; 0: IPC_PRIVATE.</param>
/// <param name="Size">Semaphores of a set, bytes of a segment; without a meaning for a kind without a size.</param>
/// <param name="Flags">IPC_CREAT and IPC_EXCL.</param>
/// <param name="Mode">The permissions of a new object, or those that the caller asks for.</param>
/// <param name="Lives">The durability of a new object.</param>
internal readonly record struct GetRequest(
    int Key, long Size = 0, GetFlags Flags = GetFlags.None, UnixFileMode Mode = UnixFileMode.None,
    Durability Lives = Durability.Durable);
