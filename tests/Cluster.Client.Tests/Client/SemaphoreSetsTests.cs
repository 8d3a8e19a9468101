using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class SemaphoreSetsTests
{
    private static readonly Result Done = new() { Revision = 77 };

    [Fact]
    public async Task Get_sends_the_size_and_asks_an_existing_set_for_permission()
    {
        var bench = await ClientBench.ConnectAsync();
        var getting = bench.Client.SemaphoreSets.GetAsync(
            42, 3, GetFlags.None, (UnixFileMode)0x1A4, Durability.Volatile);
        var get = await bench.Stream.AnswerAsync(_ => new Result { Got = new Got { Id = 9, Existed = true } });
        Assert.Equal(new Get { Key = 42, Flags = 0x1A4, Volatile = true, Size = 3 }, get.Get);
        var access = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EACCES));
        Assert.Equal(0x1A4, access.Access.Flags);
        var exception = await Assert.ThrowsAsync<IpcException>(() => getting.Soon());
        Assert.Equal("semget: EACCES (permission denied)", exception.Message);
    }

    [Fact]
    public async Task A_permit_is_acquired_with_SEM_UNDO_and_released_once()
    {
        var bench = await ClientBench.ConnectAsync();
        var acquiring = bench.Client.SemaphoreSets.Open(9).AcquireAsync(2, 3).AsTask();
        var take = await bench.Stream.AnswerAsync(_ => Done.Clone());
        Assert.Equal(new SemBuf { Num = 2, Op = -3, Flags = IpcFlags.SEM_UNDO }, Assert.Single(take.Semop.Ops));
        var permit = await acquiring.Soon();
        Assert.Equal(77UL, permit.Revision);
        var disposing = permit.DisposeAsync().AsTask();
        var give = await bench.Stream.AnswerAsync(_ => Done.Clone());
        Assert.Equal(new SemBuf { Num = 2, Op = 3, Flags = IpcFlags.SEM_UNDO }, Assert.Single(give.Semop.Ops));
        await disposing.Soon();
        await permit.DisposeAsync().AsTask().Soon(); // sends nothing
    }

    [Fact]
    public async Task The_disposal_of_a_permit_of_a_removed_set_does_not_throw()
    {
        var bench = await ClientBench.ConnectAsync();
        var acquiring = bench.Client.SemaphoreSets.Open(9).AcquireAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Done.Clone());
        var disposing = (await acquiring.Soon()).DisposeAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EINVAL));
        await disposing.Soon();
    }

    [Fact]
    public async Task A_lock_waits_for_zero_and_needs_no_initial_value()
    {
        var bench = await ClientBench.ConnectAsync();
        var locking = bench.Client.SemaphoreSets.Open(9).LockAsync(1).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Done.Clone());
        Assert.Equal(
            [new SemBuf { Num = 1 }, new SemBuf { Num = 1, Op = 1, Flags = IpcFlags.SEM_UNDO }], call.Semop.Ops);
        var disposing = (await locking.Soon()).DisposeAsync().AsTask();
        call = await bench.Stream.AnswerAsync(_ => Done.Clone());
        var unlock = new SemBuf { Num = 1, Op = -1, Flags = IpcFlags.SEM_UNDO | IpcFlags.IPC_NOWAIT };
        Assert.Equal(unlock, Assert.Single(call.Semop.Ops));
        await disposing.Soon();
    }

    [Fact]
    public async Task The_disposal_of_a_broken_lock_does_not_wait()
    {
        var bench = await ClientBench.ConnectAsync();
        var locking = bench.Client.SemaphoreSets.Open(9).LockAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Done.Clone());
        var disposing = (await locking.Soon()).DisposeAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EAGAIN));
        await disposing.Soon();
    }

    [Fact]
    public async Task A_new_process_does_not_release_the_permits_of_the_lost_one()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { NewProcessWhenLost = true });
        var set = bench.Client.SemaphoreSets.Open(9);
        var acquiring = set.AcquireAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Done.Clone());
        var permit = await acquiring.Soon();
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        bench.Stream = await bench.Transport.WelcomeAsync(pid: 8);
        var looking = set.GetValueAsync(0);
        await bench.Stream.AnswerAsync(_ => new Result { SemNumber = 1 });
        await looking.Soon();

        await permit.DisposeAsync().AsTask().Soon();
        looking = set.GetValueAsync(0);
        var next = await bench.Stream.AnswerAsync(_ => new Result { SemNumber = 1 });
        Assert.NotNull(next.Semquery);
        await looking.Soon();
    }

    [Fact]
    public async Task A_new_process_releases_the_permits_that_it_acquired()
    {
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { NewProcessWhenLost = true });
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        bench.Stream = await bench.Transport.WelcomeAsync(pid: 8);
        var acquiring = bench.Client.SemaphoreSets.Open(9).AcquireAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Done.Clone());
        var disposing = (await acquiring.Soon()).DisposeAsync().AsTask();
        var give = await bench.Stream.AnswerAsync(_ => Done.Clone());
        Assert.Equal(1, Assert.Single(give.Semop.Ops).Op);
        await disposing.Soon();
    }

    [Fact]
    public async Task A_Try_method_does_not_wait_and_returns_null()
    {
        var bench = await ClientBench.ConnectAsync();
        var trying = bench.Client.SemaphoreSets.Open(9).TryAcquireAsync().AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EAGAIN));
        Assert.Equal(IpcFlags.SEM_UNDO | IpcFlags.IPC_NOWAIT, Assert.Single(call.Semop.Ops).Flags);
        Assert.Null(await trying.Soon());
    }

    [Fact]
    public async Task A_time_out_is_EAGAIN()
    {
        var bench = await ClientBench.ConnectAsync();
        var set = bench.Client.SemaphoreSets.Open(9);
        var operating = set.OperateAsync([new SemaphoreOperation(0, -1)], TimeSpan.FromSeconds(2)).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EAGAIN));
        Assert.Equal(2_000, call.TimeoutMs);
        Assert.Equal(Errno.EAGAIN, (await Assert.ThrowsAsync<IpcTimeoutException>(() => operating.Soon())).Errno);
    }

    [Fact]
    public async Task EAGAIN_of_IPC_NOWAIT_is_no_time_out()
    {
        var bench = await ClientBench.ConnectAsync();
        var operating = bench.Client.SemaphoreSets.Open(9)
            .OperateAsync([new(0, -1, SemFlags.NoWait)], TimeSpan.FromSeconds(2)).AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EAGAIN));
        var exception = await Assert.ThrowsAsync<IpcException>(() => operating.Soon());
        Assert.Equal("semop: EAGAIN (resource temporarily unavailable)", exception.Message);
        Assert.True(exception.IsTransient);
    }

    [Fact]
    public async Task A_Try_method_with_a_time_out_waits_and_returns_null()
    {
        var bench = await ClientBench.ConnectAsync();
        var set = bench.Client.SemaphoreSets.Open(9);
        var second = TimeSpan.FromSeconds(1);
        Task<bool>[] trying =
        [
            IsNull(set.TryOperateAsync([new(0, -1)], second)), IsNull(set.TryAcquireAsync(second)),
            IsNull(set.TryLockAsync(second)),
        ];
        var calls = new List<Call>();
        _ = bench.Stream.ServeAsync(call =>
        {
            calls.Add(call);
            return Calls.Failed(0, Errno.EAGAIN);
        });
        Assert.All(await Task.WhenAll(trying).Soon(), Assert.True);
        Assert.All(calls, call => Assert.Equal(1_000, call.TimeoutMs));
        Assert.All(calls, call => Assert.All(call.Semop.Ops, op => Assert.Equal(0, op.Flags & IpcFlags.IPC_NOWAIT)));

        static async Task<bool> IsNull<T>(ValueTask<T> call) => await call is null;
    }

    [Fact]
    public async Task TryLock_without_a_time_out_never_waits()
    {
        var bench = await ClientBench.ConnectAsync();
        var set = bench.Client.SemaphoreSets.Open(9);
        var held = set.TryLockAsync(1).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EAGAIN));
        Assert.Equal(
            [IpcFlags.IPC_NOWAIT, IpcFlags.IPC_NOWAIT | IpcFlags.SEM_UNDO], call.Semop.Ops.Select(op => op.Flags));
        Assert.False(call.HasTimeoutMs);
        Assert.Null(await held.Soon());

        var free = set.TryLockAsync(1).AsTask();
        await bench.Stream.AnswerAsync(_ => Done.Clone());
        var permit = await free.Soon();
        var unlocking = permit!.DisposeAsync().AsTask();
        call = await bench.Stream.AnswerAsync(_ => Done.Clone());
        Assert.Equal((1U, -1), (call.Semop.Ops[0].Num, call.Semop.Ops[0].Op));
        await unlocking.Soon();
    }

    [Fact]
    public async Task Peeking_shows_every_semaphore_at_one_moment()
    {
        var bench = await ClientBench.ConnectAsync();
        var peeking = bench.Client.SemaphoreSets.Open(9).PeekAsync();
        var call = await bench.Stream.AnswerAsync(_ => new Result
        {
            SemValues = new SemValues
            {
                Values = { 1, 2 }, Pids = { 7, 8 }, IncreaseCounts = { 0, 3 }, ZeroCounts = { 4, 0 },
            },
        });
        Assert.Equal(SemQuestion.All, call.Semquery.Question);
        Assert.Equal([new SemaphoreState(1, 7, 0, 4), new SemaphoreState(2, 8, 3, 0)], await peeking.Soon());
    }

    [Fact]
    public async Task A_change_leaves_the_other_members_to_the_set()
    {
        var bench = await ClientBench.ConnectAsync();
        var setting = bench.Client.SemaphoreSets.Open(9).SetAsync(new PermissionsChange { Gid = 5 });
        var set = await bench.Stream.AnswerAsync(_ => new Result());
        await setting.Soon();
        Assert.Equal(
            new SemSet { Uid = uint.MaxValue, Gid = uint.MaxValue, Patch = new PermissionsPatch { Gid = 5 } },
            set.Semset);
    }

    [Fact]
    public async Task Each_query_returns_its_value()
    {
        var bench = await ClientBench.ConnectAsync();
        var set = bench.Client.SemaphoreSets.Open(9);
        var asking = set.GetIncreaseCountAsync(4);
        var call = await bench.Stream.AnswerAsync(_ => new Result { SemNumber = 6 });
        Assert.Equal(new SemQuery { Question = SemQuestion.IncreaseCount, Num = 4 }, call.Semquery);
        Assert.Equal(6, await asking.Soon());
        var all = set.GetAllAsync();
        await bench.Stream.AnswerAsync(_ => new Result { SemValues = new SemValues { Values = { 1, 2 } } });
        Assert.Equal([1, 2], await all.Soon());
    }
}
