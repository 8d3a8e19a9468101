namespace Cluster.Client;

/// <summary>One object in a listing.</summary>
/// <param name="Id">msqid, semid or shmid.</param>
/// <param name="Key">The key; 0: the object has none (IPC_PRIVATE).</param>
public readonly record struct IpcObjectEntry(int Id, int Key);
