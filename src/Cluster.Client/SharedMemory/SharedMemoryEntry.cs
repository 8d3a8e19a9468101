namespace Cluster.Client;

/// <summary>A segment in a listing.</summary>
/// <param name="Id">shmid.</param>
/// <param name="Key">The key; 0: IPC_PRIVATE, or the segment is marked for destruction.</param>
public readonly record struct SharedMemoryEntry(int Id, int Key);
