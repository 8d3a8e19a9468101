using System.Runtime.InteropServices;

namespace Cluster.Conformance.Linux;

/// <summary>
/// The calls of futex(2) that a worker makes. It keeps a robust list of the locks that it has: get_robust_list(2). The entry of a
/// lock lies 8 bytes behind its word.
/// </summary>
internal static partial class FutexCalls
{
    /// <summary>Forgets all locks.</summary>
    public const int Forget = -2;

    private const int LockPi = 6, UnlockPi = 7, TryLockPi = 8, Pi = 1, EntryOffset = 8, HeadBytes = 24;

    private static readonly (nint Futex, nint SetRobustList) Numbers =
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? (202, 273) : (98, 99);

    private static readonly List<nint> Held = [];
    private static nint _head;

    /// <summary>Makes a call.</summary>
    /// <param name="numbers">
    /// The address; the operation; val; 0: no time-out, 1: one that has passed; the second address; val3; val2.
    /// </param>
    /// <returns>Data: what it returned.</returns>
    public static unsafe WorkerReply Execute(long[] numbers)
    {
        if (numbers.Length < 7) numbers = [.. numbers, 0, 0]; // to get warm
        var (word, operation) = ((nint)numbers[0], (int)numbers[1]);
        if (operation == Forget)
        {
            Held.Clear();
            Register();
            return new WorkerReply(0, []);
        }

        long* past = stackalloc long[2];
        // The time of FUTEX_LOCK_PI and FUTEX_WAIT_BITSET is absolute, that of FUTEX_WAIT is not.
        (past[0], past[1]) = operation == 0 ? (0, 0) : (1, 0);
        var fourth = numbers[6] != 0 ? (nint)numbers[6] : numbers[3] != 0 ? (nint)past : 0;
        var result = syscall(
            Numbers.Futex, word, operation, (nint)numbers[2], fourth, (nint)numbers[4], (nint)numbers[5]);
        if (result < 0) return new WorkerReply(Marshal.GetLastPInvokeError(), []);
        if (word != -1 && operation is LockPi or TryLockPi) Held.Add(word);
        if (operation == UnlockPi) Held.Remove(word);
        if (operation is LockPi or TryLockPi or UnlockPi) Register();
        return new WorkerReply(0, BitConverter.GetBytes((int)result));
    }

    // struct robust_list_head: the first entry, the way from an entry to its word, and the pending one.
    private static unsafe void Register()
    {
        if (_head == 0) _head = (nint)NativeMemory.AllocZeroed(HeadBytes);
        var place = (nint*)_head;
        (place[1], place[2]) = (-EntryOffset, 0);
        var last = place;
        foreach (var word in Held)
        {
            var entry = word + EntryOffset;
            *last = entry | Pi;
            last = (nint*)entry;
        }

        *last = _head;
        syscall(Numbers.SetRobustList, _head, HeadBytes, 0, 0, 0, 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint one, nint two, nint three, nint four, nint five, nint six);
}
