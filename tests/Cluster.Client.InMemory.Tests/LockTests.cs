using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Mutexes, reader-writer locks, conditions, barriers and countdowns by name, as programs use them.</summary>
public sealed class LockTests : KernelTests
{
    [Fact]
    public async Task A_mutex_excludes_also_the_callers_of_one_process_and_its_tokens_grow()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("m");
        await using var same = await Ipc.Locks.OpenMutexAsync("/m");
        var held = await mutex.LockAsync();
        Assert.True(held.IsHeld);
        Assert.Null(await same.TryLockAsync());
        Assert.Null(await same.TryLockAsync(TimeSpan.Zero));
        await FailsAsync(Errno.ETIMEDOUT, () => same.LockAsync(TimeSpan.Zero).AsTask());
        var next = same.LockAsync().AsTask();
        await SleepsAsync(Ipc, Ipc.Pid);
        await held.DisposeAsync();
        await held.DisposeAsync();
        Assert.False(held.IsHeld);
        await using var second = await next;
        Assert.True(second.Token > held.Token);
        Assert.Null(await mutex.TryLockAsync());
    }

    [Fact]
    public async Task The_next_holder_is_told_of_a_death_once_the_state_is_consistent_nobody_is()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("m");
        await DieHoldingAsync("m");
        await using (var held = await mutex.LockAsync())
        {
            Assert.True(held.OwnerDied);
            await held.MarkConsistentAsync();
            Assert.False(held.OwnerDied);
            await FailsAsync(Errno.EINVAL, () => held.MarkConsistentAsync().AsTask());
        }

        await using var after = await mutex.LockAsync();
        Assert.False(after.OwnerDied);
    }

    [Fact]
    public async Task A_lock_that_nobody_made_consistent_is_not_recoverable_until_it_is_reset()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("m");
        await DieHoldingAsync("m");
        var held = await mutex.LockAsync();
        var waits = mutex.LockAsync().AsTask();
        await SleepsAsync(Ipc, Ipc.Pid);
        await held.DisposeAsync();
        await FailsAsync(Errno.ENOTRECOVERABLE, () => waits);
        await FailsAsync(Errno.ENOTRECOVERABLE, () => mutex.TryLockAsync().AsTask());
        Assert.True(await mutex.ResetAsync());
        Assert.False(await mutex.ResetAsync());
        await using var fresh = await mutex.LockAsync();
        Assert.False(fresh.OwnerDied);
    }

    [Theory]
    [InlineData(LockPreference.Fair)]
    [InlineData(LockPreference.Writers)]
    [InlineData(LockPreference.Readers)]
    public async Task Readers_share_and_the_preference_says_who_is_next(LockPreference preference)
    {
        await using var own = await Ipc.Locks.OpenReaderWriterLockAsync("rw", preference);
        var reader = await own.ReadLockAsync();
        await using (var other = await own.TryReadLockAsync()) Assert.NotNull(other);
        Assert.Null(await own.TryWriteLockAsync());
        var writer = own.WriteLockAsync().AsTask();
        await SleepsAsync(Ipc, Ipc.Pid);
        var late = await own.TryReadLockAsync();
        Assert.Equal(preference == LockPreference.Readers, late is not null);
        await reader.DisposeAsync();
        if (late is not null) await late.DisposeAsync();
        var written = await writer;
        var (second, third) = (own.ReadLockAsync().AsTask(), own.WriteLockAsync().AsTask());
        while ((await ListAsync()).Single().Lock.Waiters.Count < 2) await Task.Yield();
        await written.DisposeAsync();
        var first = await Task.WhenAny(second, third);
        Assert.Equal(preference == LockPreference.Writers, first == third);
        await (await first).DisposeAsync();
        await (await (first == second ? third : second)).DisposeAsync();
    }

    [Fact]
    public async Task A_condition_unlocks_waits_and_locks_again()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("m");
        var ready = mutex.Condition();
        Assert.Equal(0, await ready.NotifyAsync());
        await using var held = await mutex.LockAsync();
        var before = held.Token;
        var waits = ready.WaitAsync(held).AsTask();
        await using (var other = await mutex.LockAsync())
        {
            Assert.False(held.IsHeld);
            Assert.Equal(1, await ready.NotifyAsync());
            Assert.False(waits.IsCompleted);
        }

        Assert.True(await waits);
        Assert.True(held.IsHeld);
        Assert.True(held.Token > before);
        Assert.Null(await mutex.TryLockAsync());
        Assert.False(await ready.WaitAsync(held, TimeSpan.Zero));
        Assert.True(held.IsHeld);
        Assert.Null(await mutex.TryLockAsync());
    }

    [Fact]
    public async Task An_interrupted_wait_for_a_condition_has_given_the_mutex_up()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("m");
        var ready = mutex.Condition(3);
        using var stop = new CancellationTokenSource();
        var held = await mutex.LockAsync();
        var waits = ready.WaitAsync(held, cancellationToken: stop.Token).AsTask();
        await SleepsAsync(Ipc, Ipc.Pid);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.False(held.IsHeld);
        await using var again = await mutex.TryLockAsync();
        Assert.NotNull(again);
        await FailsAsync(Errno.EPERM, () => ready.WaitAsync(held).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(() => mutex.Condition(16));
    }

    [Fact]
    public async Task All_waiters_of_a_condition_are_woken_one_after_the_other()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("m");
        var ready = mutex.Condition();
        var order = new List<ulong>();
        var waits = Enumerable.Range(0, 20).Select(async _ =>
        {
            await using var held = await mutex.LockAsync();
            Assert.True(await ready.WaitAsync(held));
            order.Add(held.Token); // the mutex protects the list
        }).ToArray();
        var woken = 0;
        while (woken < 20) woken += await ready.NotifyAllAsync();
        await Task.WhenAll(waits);
        Assert.Equal(20, order.Count);
        Assert.Equal(order.Order(), order);
    }

    [Fact]
    public async Task A_barrier_lets_its_participants_go_together_and_counts_no_dead_one()
    {
        await using var barrier = await Ipc.Locks.OpenBarrierAsync("b", 3);
        var victim = Client(1000);
        var lost = (await victim.Locks.OpenBarrierAsync("b", 3)).SignalAndWaitAsync().AsTask();
        await SleepsAsync(Ipc, victim.Pid);
        await victim.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => lost);
        await FailsAsync(Errno.ETIMEDOUT, () => barrier.SignalAndWaitAsync(TimeSpan.Zero).AsTask());
        for (var round = 0; round < 3; round++)
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => barrier.SignalAndWaitAsync().AsTask()));
            Assert.Single(all, serial => serial);
        }
    }

    [Fact]
    public async Task A_countdown_wakes_its_waiters_at_the_last_signal_and_takes_no_more()
    {
        await using var countdown = await Ipc.Locks.OpenCountdownAsync("c", 2);
        await using var same = await Ipc.Locks.OpenCountdownAsync("c", 99);
        var waits = same.WaitAsync().AsTask();
        await countdown.SignalAsync();
        Assert.Equal(1, await same.GetCurrentCountAsync());
        Assert.False(waits.IsCompleted);
        await FailsAsync(Errno.ETIMEDOUT, () => same.WaitAsync(TimeSpan.Zero).AsTask());
        await same.SignalAsync();
        await waits;
        await countdown.WaitAsync();
        await FailsAsync(Errno.ERANGE, () => countdown.SignalAsync().AsTask());
        Assert.Equal(0, await same.GetCurrentCountAsync());
    }

    [Fact]
    public async Task An_action_happens_once_and_again_only_if_it_failed()
    {
        await using var once = await Ipc.Locks.OpenOnceAsync("o");
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => once.RunAsync(_ => throw new InvalidOperationException("not yet")));
        var count = 0;
        var ran = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => once.RunAsync(_ =>
        {
            count++;
            return Task.CompletedTask;
        })));
        Assert.Equal((1, 1), (count, ran.Count(each => each)));
    }

    [Fact]
    public async Task A_mutex_on_a_word_of_a_segment_is_the_lock_of_futex()
    {
        var segment = await Ipc.SharedMemorySegments.CreateAsync(4_096);
        await using var memory = await segment.AttachAsync();
        var mutex = Ipc.Locks.MutexAt(memory, 128);
        await using (await mutex.LockAsync())
        {
            Assert.Equal((uint)Ipc.Pid, await memory.LoadAsync<uint>(128));
            await FailsAsync(Errno.EDEADLK, () => memory.Futexes.LockAsync(128).AsTask());
            var held = Assert.Single(await ToListAsync(memory.Futexes.ListAsync()));
            Assert.Equal((128, Ipc.Pid), (held.Offset, held.Holders[0].Pid));
        }

        Assert.Empty(await ToListAsync(memory.Futexes.ListAsync()));
    }

    [Fact]
    public async Task A_listing_has_the_locks_that_this_user_may_read()
    {
        await using var mutex = await Ipc.Locks.OpenMutexAsync("mine");
        await using var other = Client(2000);
        await using var foreign = await other.Locks.OpenMutexAsync("foreign");
        await using var open = await other.Locks.OpenMutexAsync("open", (UnixFileMode)0x1B6);
        await using var held = await mutex.LockAsync();
        await using var held2 = await foreign.LockAsync();
        await using var held3 = await open.LockAsync();
        Assert.Equal(["mine", "open"], (await ListAsync()).Select(each => each.Name).Order());
        await FailsAsync(Errno.EACCES, () => Ipc.Locks.OpenMutexAsync("foreign"));
        await Ipc.Locks.UnlinkAsync("mine");
        await FailsAsync(Errno.ENOENT, () => Ipc.Locks.UnlinkAsync("mine"));
        Assert.True(held.IsHeld);
    }

    private async Task DieHoldingAsync(string name)
    {
        var victim = Client(1000);
        var mutex = await victim.Locks.OpenMutexAsync(name);
        var held = await mutex.LockAsync();
        await Ipc.Signals.KillAsync(victim.Pid, Signal.SIGKILL);
        while (!held.Lost.IsCancellationRequested) await Task.Yield();
        await victim.DisposeAsync();
    }

    private Task<List<NamedLock>> ListAsync() => ToListAsync(Ipc.Locks.ListAsync());

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> all)
    {
        var list = new List<T>();
        await foreach (var each in all) list.Add(each);
        return list;
    }
}
