using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>futex(2) on the words of a segment and of a POSIX object, as a program uses it.</summary>
public sealed class FutexTests : KernelTests
{
    private const int Word = 64;

    [Fact]
    public async Task A_wait_compares_first_and_ends_with_a_wake_up_in_the_order_of_the_callers()
    {
        await using var memory = await AttachAsync(Ipc);
        var futexes = memory.Futexes;
        await FailsAsync(Errno.EAGAIN, () => futexes.WaitAsync(Word, 1).AsTask());
        await FailsAsync(Errno.ETIMEDOUT, () => futexes.WaitAsync(Word, 0, TimeSpan.Zero).AsTask());
        await FailsAsync(Errno.ETIMEDOUT, () => futexes.WaitAsync(Word, 0, DateTimeOffset.UnixEpoch).AsTask());
        await memory.ExchangeAsync(Word, 5u);
        var first = futexes.WaitAsync(Word, 5).AsTask();
        var second = futexes.WaitAsync(Word, 5).AsTask();
        Assert.Equal(0, await futexes.WakeAsync(Word + 4));
        Assert.Equal(1, await futexes.WakeAsync(Word));
        await first;
        Assert.False(second.IsCompleted);
        Assert.Equal(1, await futexes.WakeAsync(Word, int.MaxValue));
        await second;
        Assert.Equal(0, await futexes.WakeAsync(Word));
    }

    [Fact]
    public async Task A_bitset_chooses_who_is_woken()
    {
        await using var memory = await AttachAsync(Ipc);
        await FailsAsync(Errno.EINVAL, () => memory.Futexes.WaitAsync(Word, 0, bitset: 0).AsTask());
        await FailsAsync(Errno.EINVAL, () => memory.Futexes.WakeAsync(Word, bitset: 0).AsTask());
        var one = memory.Futexes.WaitAsync(Word, 0, bitset: 1).AsTask();
        var two = memory.Futexes.WaitAsync(Word, 0, bitset: 2).AsTask();
        Assert.Equal(1, await memory.Futexes.WakeAsync(Word, 10, bitset: 2));
        await two;
        Assert.False(one.IsCompleted);
        Assert.Equal(1, await memory.Futexes.WakeAsync(Word, 10, bitset: 3));
        await one;
    }

    [Fact]
    public async Task A_word_has_an_address_and_a_right()
    {
        await using var memory = await AttachAsync(Ipc);
        await FailsAsync(Errno.EINVAL, () => memory.Futexes.WaitAsync(Word + 2, 0).AsTask());
        await FailsAsync(Errno.EFAULT, () => memory.Futexes.WakeAsync(memory.Size).AsTask());
        await FailsAsync(Errno.EFAULT, () => memory.Futexes.WakeAsync(-4).AsTask());
        await using var readOnly = await Ipc.SharedMemorySegments.Open(memory.SegmentId).AttachAsync(ShmFlags.ReadOnly);
        Assert.Equal(0, await readOnly.Futexes.WakeAsync(Word));
        await FailsAsync(Errno.EACCES, () => readOnly.Futexes.LockAsync(Word).AsTask());
    }

    [Fact]
    public async Task A_mapping_at_an_offset_and_another_process_have_the_same_words()
    {
        await using var other = Client(1000);
        await using var one = await MapAsync(Ipc, offset: 0);
        await using var two = await MapAsync(other, offset: 4_096);
        var wait = one.Futexes.WaitAsync(4_096 + Word, 0).AsTask();
        await SleepsAsync(other, Ipc.Pid);
        Assert.Equal(1, await two.Futexes.WakeAsync(Word));
        await wait;
    }

    [Fact]
    public async Task An_interrupted_wait_takes_no_wake_up()
    {
        await using var memory = await AttachAsync(Ipc);
        using var stop = new CancellationTokenSource();
        var first = memory.Futexes.WaitAsync(Word, 0, cancellationToken: stop.Token).AsTask();
        var second = memory.Futexes.WaitAsync(Word, 0).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(1, await memory.Futexes.WakeAsync(Word, 10));
        await second;
    }

    [Fact]
    public async Task A_removed_segment_ends_the_waits_with_EIDRM()
    {
        var memory = await AttachAsync(Ipc);
        var wait = memory.Futexes.WaitAsync(Word, 0).AsTask();
        await Ipc.SharedMemorySegments.Open(memory.SegmentId).RemoveAsync();
        await memory.DetachAsync();
        await FailsAsync(Errno.EIDRM, () => wait);
    }

    [Fact]
    public async Task Requeue_and_wake_op_move_and_wake_in_one_step()
    {
        await using var memory = await AttachAsync(Ipc);
        var waits = Enumerable.Range(0, 4).Select(_ => memory.Futexes.WaitAsync(Word, 0).AsTask()).ToArray();
        await FailsAsync(Errno.EAGAIN, () => memory.Futexes.CompareRequeueAsync(Word, 1, 128, 1, 1).AsTask());
        Assert.Equal(3, await memory.Futexes.CompareRequeueAsync(Word, 0, 128, 1, 2));
        await waits[0];
        Assert.Equal(1, await memory.Futexes.WakeAsync(Word, 10));
        await waits[3];
        await memory.ExchangeAsync(128, 7u);
        var change = new FutexChange(FutexOperation.Add, 2, FutexComparison.Equal, 7);
        Assert.Equal(1, await memory.Futexes.WakeOpAsync(Word, 1, 128, 1, change));
        await waits[1];
        Assert.Equal(9u, await memory.LoadAsync<uint>(128));
        Assert.Equal(0, await memory.Futexes.WakeOpAsync(Word, 1, 128, 1, change));
        Assert.Equal(1, await memory.Futexes.RequeueAsync(128, Word, 0, 10));
        Assert.Equal(1, await memory.Futexes.WakeAsync(Word));
        await waits[2];
        await FailsAsync(Errno.EINVAL, () => memory.Futexes.RequeueAsync(Word, Bounds.ExtentBytes, 1, 1).AsTask());
    }

    [Fact]
    public async Task Waiting_for_any_word_tells_which_one_also_over_several_extents()
    {
        await using var memory = await AttachAsync(Ipc);
        FutexWord[] words = [new(0, 0), new(4, 0), new(Bounds.ExtentBytes, 0)];
        await FailsAsync(Errno.EINVAL, () => memory.Futexes.WaitAnyAsync([]).AsTask());
        await FailsAsync(Errno.EAGAIN, () => memory.Futexes.WaitAnyAsync([new(0, 0), new(4, 9)]).AsTask());
        await FailsAsync(Errno.EAGAIN, () => memory.Futexes.WaitAnyAsync([new(0, 0), new(Bounds.ExtentBytes, 9)]).AsTask());
        foreach (var expected in new[] { 1, 2, 0 })
        {
            var wait = memory.Futexes.WaitAnyAsync(words).AsTask();
            while (await memory.Futexes.WakeAsync(words[expected].Offset) == 0) await Task.Yield();
            Assert.Equal(expected, await wait);
        }

        Assert.Equal(0, await memory.Futexes.WakeAsync(Bounds.ExtentBytes, 10));
        Assert.Equal(0, await memory.Futexes.WakeAsync(0, 10));
    }

    // ---- FUTEX_LOCK_PI ----

    [Fact]
    public async Task The_word_of_a_lock_has_the_owner_and_the_bit_of_the_waiters()
    {
        await using var other = Client(1000);
        await using var mine = await MapAsync(Ipc, 0);
        await using var its = await MapAsync(other, 0);
        var first = await mine.Futexes.LockAsync(Word);
        Assert.Equal((uint)Ipc.Pid, await mine.LoadAsync<uint>(Word));
        await FailsAsync(Errno.EDEADLK, () => mine.Futexes.LockAsync(Word).AsTask());
        Assert.Null(await its.Futexes.TryLockAsync(Word));
        await FailsAsync(Errno.EPERM, () => its.Futexes.UnlockAsync(Word).AsTask());
        await FailsAsync(Errno.ETIMEDOUT, () => its.Futexes.LockAsync(Word, TimeSpan.Zero).AsTask());
        var next = its.Futexes.LockAsync(Word).AsTask();
        await SleepsAsync(Ipc, other.Pid);
        Assert.Equal(0x80000000 | (uint)Ipc.Pid, await mine.LoadAsync<uint>(Word));
        await mine.Futexes.UnlockAsync(Word);
        var second = await next;
        Assert.False(second.OwnerDied);
        Assert.True(second.Token > first.Token);
        Assert.Equal((uint)other.Pid, await mine.LoadAsync<uint>(Word));
        await its.Futexes.UnlockAsync(Word);
        Assert.Equal(0u, await mine.LoadAsync<uint>(Word));
    }

    [Fact]
    public async Task A_cycle_of_owners_is_a_deadlock()
    {
        await using var other = Client(1000);
        await using var mine = await MapAsync(Ipc, 0);
        await using var its = await MapAsync(other, 0);
        await mine.Futexes.LockAsync(0);
        await its.Futexes.LockAsync(4);
        var waits = its.Futexes.LockAsync(0).AsTask();
        await SleepsAsync(Ipc, other.Pid);
        await FailsAsync(Errno.EDEADLK, () => mine.Futexes.LockAsync(4).AsTask());
        await mine.Futexes.UnlockAsync(0);
        await waits;
    }

    [Fact]
    public async Task The_death_of_the_owner_is_told_to_the_next_one()
    {
        await using var mine = await MapAsync(Ipc, 0);
        var victim = Client(1000);
        await (await MapAsync(victim, 0)).Futexes.LockAsync(Word);
        var next = mine.Futexes.LockAsync(Word).AsTask();
        await SleepsAsync(Ipc, Ipc.Pid);
        await victim.DisposeAsync();
        Assert.True((await next).OwnerDied);
        Assert.Equal(0x40000000 | (uint)Ipc.Pid, await mine.LoadAsync<uint>(Word));
        await mine.Futexes.UnlockAsync(Word);
        Assert.False((await mine.Futexes.LockAsync(Word)).OwnerDied);
    }

    private static async Task<ISharedMemoryAttachment> AttachAsync(IpcClient ipc)
    {
        var segment = await ipc.SharedMemorySegments.CreateAsync(2 * Bounds.ExtentBytes);
        return await segment.AttachAsync();
    }

    private static async Task<IPosixSharedMemoryMapping> MapAsync(IpcClient ipc, long offset)
    {
        await using var opened = await ipc.PosixSharedMemory.OpenAsync("/words", OpenFlags.ReadWrite | OpenFlags.Create);
        await opened.SetLengthAsync(8_192);
        return await opened.MapAsync(8_192 - offset, offset);
    }
}
