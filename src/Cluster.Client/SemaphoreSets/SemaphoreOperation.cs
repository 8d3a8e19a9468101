namespace Cluster.Client;

/// <summary>struct sembuf: one operation of semop(2).</summary>
/// <param name="Number">sem_num: which semaphore of the set, from 0.</param>
/// <param name="Amount">sem_op: positive adds, negative takes, zero waits for zero. 16 bits.</param>
/// <param name="Flags">sem_flg.</param>
public readonly record struct SemaphoreOperation(int Number, int Amount, SemFlags Flags = SemFlags.None);
