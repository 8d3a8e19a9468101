namespace Cluster.Client;

/// <summary>A word of futex_waitv(2).</summary>
/// <param name="Offset">Where, in bytes from the start of the memory.</param>
/// <param name="Expected">What the word has to be.</param>
public readonly record struct FutexWord(long Offset, uint Expected);

/// <summary>What a caller has of a lock.</summary>
/// <param name="Token">The fencing token: it only grows, over moves and crashes too.</param>
/// <param name="OwnerDied">EOWNERDEAD: the owner before ended without an unlock (FUTEX_OWNER_DIED).</param>
public readonly record struct FutexOwnership(ulong Token, bool OwnerDied);

/// <summary>The operation of FUTEX_WAKE_OP.</summary>
public enum FutexOperation
{
    /// <summary>FUTEX_OP_SET.</summary>
    Set,

    /// <summary>FUTEX_OP_ADD. The word may wrap.</summary>
    Add,

    /// <summary>FUTEX_OP_OR.</summary>
    Or,

    /// <summary>FUTEX_OP_ANDN: clears the bits of the operand.</summary>
    AndNot,

    /// <summary>FUTEX_OP_XOR.</summary>
    Xor,
}

/// <summary>The comparison of FUTEX_WAKE_OP with the word before the operation.</summary>
public enum FutexComparison
{
    /// <summary>FUTEX_OP_CMP_EQ.</summary>
    Equal,

    /// <summary>FUTEX_OP_CMP_NE.</summary>
    NotEqual,

    /// <summary>FUTEX_OP_CMP_LT.</summary>
    Less,

    /// <summary>FUTEX_OP_CMP_LE.</summary>
    LessOrEqual,

    /// <summary>FUTEX_OP_CMP_GT.</summary>
    Greater,

    /// <summary>FUTEX_OP_CMP_GE.</summary>
    GreaterOrEqual,
}

/// <summary>What FUTEX_WAKE_OP does to a word.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Operand">Its operand.</param>
/// <param name="Comparison">The comparison of the word before.</param>
/// <param name="ComparedTo">What it is compared to.</param>
public readonly record struct FutexChange(
    FutexOperation Operation, int Operand, FutexComparison Comparison, int ComparedTo);

/// <summary>A process that has a lock or waits for it.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Shared">As a reader.</param>
/// <param name="Token">The fencing token; 0: it waits, or has written its pid into the word by itself.</param>
public readonly record struct FutexLockUser(int Pid, bool Shared, ulong Token);

/// <summary>A lock that somebody has or waits for.</summary>
/// <param name="Offset">The word, in bytes from the start of the memory.</param>
/// <param name="Word">The word.</param>
/// <param name="Holders">Its owner, or readers.</param>
/// <param name="Waiters">Who waits, in line; at most 1,000.</param>
public sealed record FutexLockInfo(
    long Offset, uint Word, IReadOnlyList<FutexLockUser> Holders, IReadOnlyList<FutexLockUser> Waiters);
