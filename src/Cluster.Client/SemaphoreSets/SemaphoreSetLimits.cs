using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// struct seminfo, as semctl(IPC_INFO) fills it, and what SEM_INFO says beside it: sets (there in semusz) and
/// semaphores (there in semaem).
/// </summary>
/// <param name="SemMni">Sets in the namespace.</param>
/// <param name="SemMns">Semaphores in the namespace.</param>
/// <param name="SemMsl">Semaphores of one set.</param>
/// <param name="SemOpm">Operations of one semop(2).</param>
/// <param name="Sets">Sets there are.</param>
/// <param name="Semaphores">Semaphores there are.</param>
/// <param name="HighestIndex">The highest index in use; -1: no set (where semctl itself returns 0).</param>
public readonly record struct SemaphoreSetLimits(
    long SemMni, long SemMns, long SemMsl, long SemOpm, long Sets, long Semaphores, int HighestIndex)
{
    /// <summary>The highest value of a semaphore: 32,767.</summary>
    public int SemVmx => Bounds.SemaphoreValue;

    /// <summary>The most that can be recorded to be undone: 32,767.</summary>
    public int SemAem => Bounds.SemaphoreValue;
}
