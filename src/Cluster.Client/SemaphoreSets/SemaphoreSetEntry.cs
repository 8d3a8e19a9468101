namespace Cluster.Client;

/// <summary>One set in a listing.</summary>
/// <param name="Id">semid.</param>
/// <param name="Key">The key; 0: none (IPC_PRIVATE).</param>
public readonly record struct SemaphoreSetEntry(int Id, int Key);
