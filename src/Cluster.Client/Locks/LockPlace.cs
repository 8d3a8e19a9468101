using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The memory of a lock by name, and the words in it. On disk: never change the offsets.</summary>
/// <param name="memory">The mapping.</param>
/// <param name="isOwned">Whether it is unmapped with the lock.</param>
internal sealed class LockPlace(ISharedMemory memory, bool isOwned) : IAsyncDisposable
{
    /// <summary>Bytes of a lock's object: one page.</summary>
    public const int Bytes = Bounds.PageBytes;

    /// <summary>The mutex, or the reader-writer lock.</summary>
    public const long Lock = 0;

    /// <summary>The callers that have come to the barrier.</summary>
    public const long Barrier = 16;

    /// <summary>0: the countdown has no count yet; otherwise one more than the signals that are missing.</summary>
    public const long Countdown = 20;

    /// <summary>The mutex of whoever runs the action that happens once.</summary>
    public const long OnceLock = 24;

    /// <summary>1: the action has happened.</summary>
    public const long OnceDone = 28;

    /// <summary>The first of the conditions.</summary>
    public const long Conditions = 64;

    /// <summary>How many conditions a lock has.</summary>
    public const int ConditionCount = 16;

    public ISharedMemory Memory => memory;

    public Futexes Futexes => (Futexes)memory.Futexes;

    public ValueTask DisposeAsync() => isOwned ? memory.DisposeAsync() : ValueTask.CompletedTask;
}
