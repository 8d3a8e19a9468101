namespace Cluster.Client;

/// <summary>One queue in a listing.</summary>
/// <param name="Id">msqid.</param>
/// <param name="Key">The key; 0: none (IPC_PRIVATE).</param>
public readonly record struct MessageQueueEntry(int Id, int Key);
