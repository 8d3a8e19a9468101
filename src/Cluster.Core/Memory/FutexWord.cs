namespace Cluster.Core.Memory;

/// <summary>The bits of the word of a lock: futex(2).</summary>
internal static class FutexWord
{
    /// <summary>The bits of the pid of the owner.</summary>
    public const uint TidMask = 0x3fffffff;

    /// <summary>The owner has ended without an unlock.</summary>
    public const uint OwnerDied = 0x40000000;

    /// <summary>Somebody waits.</summary>
    public const uint Waiters = 0x80000000;

    /// <summary>In the place of a pid: readers have the lock.</summary>
    public const uint Readers = TidMask;

    /// <summary>
    /// The state that the lock protects is not recoverable. Not of the kernel: the C library keeps this beside the word.
    /// </summary>
    public const uint NotRecoverable = OwnerDied | TidMask;

    /// <summary>The pid in a word.</summary>
    public static uint TidOf(uint word) => word & TidMask;
}
