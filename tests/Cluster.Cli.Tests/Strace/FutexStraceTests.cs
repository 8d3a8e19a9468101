using Cluster.Cli.Tracing;
using Cluster.Protocol;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>The calls of futex(2), in the notation of strace.</summary>
public sealed class FutexStraceTests
{
    private static readonly Target Extent = new() { Kind = Kind.Extent, Id = (5L << 32) | 1 };
    private static readonly Result Done = new();

    [Fact]
    public void Waits_and_wake_ups()
    {
        var wait = new FutexWait { Offset = 16, Expected = 1, Bitset = uint.MaxValue };
        Is("futex(/* 5 */ 0x40010, FUTEX_WAIT, 1, NULL) = 0", new FutexCall { Wait = wait }, Done);
        Is("futex(/* 5 */ 0x40010, FUTEX_WAIT, 1, {tv_sec=1, tv_nsec=500000000}) = -1 ETIMEDOUT (Connection timed out)",
            new FutexCall { Wait = wait }, new Result { Errno = (int)Errno.ETIMEDOUT }, timeoutMs: 1_500);
        (wait.Bitset, wait.Differs) = (4, true);
        Is("futex(/* 5 */ 0x40010, FUTEX_WAIT_BITSET, /* not */ 1, NULL, NULL, 0x4) = 0", new FutexCall { Wait = wait }, Done);
        var wake = new FutexWake { Count = 2, Bitset = uint.MaxValue };
        Is("futex(/* 5 */ 0x40000, FUTEX_WAKE, 2) = 1", new FutexCall { Wake = wake }, Count(1));
        wake.Bitset = 3;
        Is("futex(/* 5 */ 0x40000, FUTEX_WAKE_BITSET, 2, NULL, NULL, 0x3) = 1", new FutexCall { Wake = wake }, Count(1));
        var waitv = new FutexWaitv { Words = { new FutexWaitvWord { Offset = 4, Expected = 7 }, new FutexWaitvWord() } };
        Is("futex_waitv([{uaddr=/* 5 */ 0x40004, val=7}, {uaddr=/* 5 */ 0x40000, val=0}], 2, 0, NULL) = 1",
            new FutexCall { Waitv = waitv }, Count(1));
    }

    [Fact]
    public void Calls_on_two_words()
    {
        var requeue = new FutexRequeue { To = 8, Wake = 1, Requeue = 2 };
        Is("futex(/* 5 */ 0x40000, FUTEX_REQUEUE, 1, 2, /* 5 */ 0x40008) = 3", new FutexCall { Requeue = requeue }, Count(3));
        requeue.Expected = 9;
        Is("futex(/* 5 */ 0x40000, FUTEX_CMP_REQUEUE, 1, 2, /* 5 */ 0x40008, 9) = 3",
            new FutexCall { Requeue = requeue }, Count(3));
        var op = new FutexWakeOp { To = 4, Wake = 1, WakeTo = 2, Op = 1, Operand = 3, Cmp = 4, CmpOperand = 5 };
        Is("futex(/* 5 */ 0x40000, FUTEX_WAKE_OP, 1, 2, /* 5 */ 0x40004, {FUTEX_OP_ADD, 3, FUTEX_OP_CMP_GT, 5}) = 0",
            new FutexCall { WakeOp = op }, Count(0));
        Is("pthread_barrier_wait(/* 5 */ 0x40000 /* 3 */) = PTHREAD_BARRIER_SERIAL_THREAD",
            new FutexCall { Barrier = new FutexBarrier { Count = 3 } },
            new Result { FutexCount = new FutexCount { Serial = true } });
    }

    [Fact]
    public void Locks()
    {
        var wanted = new FutexLock { Offset = 4 };
        Is("futex(/* 5 */ 0x40004, FUTEX_LOCK_PI, NULL) = 0", new FutexCall { Lock = wanted }, Done);
        Is("futex(/* 5 */ 0x40004, FUTEX_LOCK_PI, NULL) = 0 /* EOWNERDEAD */",
            new FutexCall { Lock = wanted }, new Result { FutexLocked = new FutexLocked { OwnerDied = true } });
        (wanted.Tries, wanted.Shared) = (true, true);
        Is("futex(/* 5 */ 0x40004, FUTEX_TRYLOCK_PI /* shared */) = -1 EDEADLK (Resource deadlock avoided)",
            new FutexCall { Lock = wanted }, new Result { Errno = (int)Errno.EDEADLK });
        Is("futex(/* 5 */ 0x40004, FUTEX_UNLOCK_PI) = 0", new FutexCall { Unlock = new FutexUnlock { Offset = 4 } }, Done);
        Is("pthread_mutex_consistent(/* 5 */ 0x40004) = -1 ENOTRECOVERABLE (State not recoverable)",
            new FutexCall { Recover = new FutexRecover { Offset = 4 } }, new Result { Errno = (int)Errno.ENOTRECOVERABLE });
        var wait = new FutexWait { Bitset = uint.MaxValue, Condition = new FutexCondition { Lock = 4 } };
        Is("futex(/* 5 */ 0x40000, FUTEX_WAIT, 0, NULL /* unlocks 0x40004 */) = 0 /* ETIMEDOUT */",
            new FutexCall { Wait = wait }, new Result { FutexLocked = new FutexLocked { TimedOut = true } });
        Is("futex_list(/* 5 */) = 0", new FutexCall { List = new FutexList() }, new Result());
    }

    private static Result Count(int count) => new() { FutexCount = new FutexCount { Count = count } };

    private static void Is(string expected, FutexCall futex, Result result, long? timeoutMs = null)
    {
        var call = new Call { Futex = futex };
        if (timeoutMs is { } limit) call.TimeoutMs = limit;
        var traced = TracedCalls.Done(Extent, call, result, 0).Completed;
        var (name, before, filled, after, value) = StraceCall.Of(Extent, traced);
        Assert.Equal(expected, $"{name}({before}{filled}{after}) = {value}");
    }
}
