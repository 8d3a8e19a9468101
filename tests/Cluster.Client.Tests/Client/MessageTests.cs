using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class MessageTests
{
    [Fact]
    public async Task Send_takes_a_copy_of_the_text()
    {
        var bench = await ClientBench.ConnectAsync();
        var text = "hello"u8.ToArray();
        var sending = bench.Queue.SendAsync(3, text, TimeSpan.FromMilliseconds(1.5)).AsTask();
        text[0] = (byte)'J';
        var (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.MessageQueue, 5), (target.Kind, target.Id));
        Assert.Equal((3, "hello", 0), (call.Msgsnd.Type, call.Msgsnd.Text.ToStringUtf8(), call.Msgsnd.Flags));
        Assert.Equal(2, call.TimeoutMs);
        Assert.False(sending.IsCompleted);
        bench.Stream.Push(Calls.Results(5, Calls.Ok(call.Seq)));
        await sending.Soon();
    }

    [Fact]
    public async Task Receive_gives_the_message_with_its_revision()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.ReceiveAsync(-4, 100, MsgFlags.NoError).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Message(0, "text", revision: 12));
        var message = await receiving.Soon();
        Assert.Equal((-4, 100, IpcFlags.MSG_NOERROR), (call.Msgrcv.Type, call.Msgrcv.Size, call.Msgrcv.Flags));
        Assert.False(call.HasTimeoutMs);
        Assert.Equal((1, 12UL), (message.Type, message.Revision));
        Assert.Equal("text"u8.ToArray(), message.Text.ToArray());
    }

    [Fact]
    public async Task Errors_have_the_text_of_the_man_page()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.CopyAsync(9).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.ENOMSG));
        Assert.Equal(IpcFlags.MSG_COPY | IpcFlags.IPC_NOWAIT, call.Msgrcv.Flags);
        var exception = await Assert.ThrowsAsync<IpcException>(() => receiving.Soon());
        Assert.Equal("msgrcv: ENOMSG (no message of the desired type)", exception.Message);
        Assert.Equal((Errno.ENOMSG, "msgrcv"), (exception.Errno, exception.Call));
    }

    [Fact]
    public async Task A_Try_method_throws_for_every_errno_but_its_own()
    {
        var bench = await ClientBench.ConnectAsync();
        var send = bench.Queue.TrySendAsync(1, default).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EAGAIN));
        Assert.False(await send.Soon());
        Assert.Equal(IpcFlags.IPC_NOWAIT, call.Msgsnd.Flags);

        var receive = bench.Queue.TryReceiveAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.ENOMSG));
        Assert.Null(await receive.Soon());

        receive = bench.Queue.TryReceiveAsync().AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EIDRM));
        Assert.Equal(Errno.EIDRM, (await Assert.ThrowsAsync<IpcException>(() => receive.Soon())).Errno);
    }

    [Fact]
    public async Task A_time_out_is_one_type_that_is_caught_as_TimeoutException()
    {
        var bench = await ClientBench.ConnectAsync();
        var receiving = bench.Queue.ReceiveAsync(timeout: TimeSpan.FromSeconds(1)).AsTask();
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.ETIMEDOUT));
        var exception = await Assert.ThrowsAsync<IpcTimeoutException>(() => receiving.Soon());
        Assert.IsAssignableFrom<TimeoutException>(exception);
        var error = Assert.IsAssignableFrom<IIpcError>(exception);
        Assert.Equal((Errno.ETIMEDOUT, "msgrcv", true), (error.Errno, error.Call, error.IsTransient));
        Assert.Equal("msgrcv: ETIMEDOUT (timed out)", exception.Message);
    }

    [Fact]
    public async Task A_Try_method_with_a_time_out_returns_instead_of_throwing()
    {
        var bench = await ClientBench.ConnectAsync();
        var send = bench.Queue.TrySendAsync(1, default, TimeSpan.FromSeconds(2)).AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.ETIMEDOUT));
        Assert.False(await send.Soon());
        Assert.Equal((0, 2_000), (call.Msgsnd.Flags, call.TimeoutMs));
        var receive = bench.Queue.TryReceiveAsync(TimeSpan.FromSeconds(2), type: 3).AsTask();
        call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.ETIMEDOUT));
        Assert.Null(await receive.Soon());
        Assert.Equal((3, 0, 2_000), (call.Msgrcv.Type, call.Msgrcv.Flags, call.TimeoutMs));
    }

    [Theory]
    [InlineData(Errno.EAGAIN, true)]
    [InlineData(Errno.ENOBUFS, true)]
    [InlineData(Errno.EIDRM, false)]
    [InlineData(Errno.EIO, false)]
    [InlineData(Errno.ESRCH, false)]
    public void A_transient_failure_did_not_happen_and_may_succeed_later(Errno errno, bool isTransient) =>
        Assert.Equal(isTransient, new IpcException(errno, "msgsnd").IsTransient);

    [Fact]
    public async Task A_text_that_no_frame_can_carry_is_refused_here()
    {
        var bench = await ClientBench.ConnectAsync();
        var exception = await Assert.ThrowsAsync<IpcException>(
            () => bench.Queue.SendAsync(1, new byte[Bounds.MessageBytes + 1]).AsTask());
        Assert.Equal(Errno.EINVAL, exception.Errno);
    }

    [Fact]
    public async Task A_call_that_no_frame_can_carry_is_refused_here()
    {
        var bench = await ClientBench.ConnectAsync();
        var operations = new SemaphoreOperation[3_000_000];
        Array.Fill(operations, new SemaphoreOperation(1, -1, SemFlags.Undo));
        var exception = await Assert.ThrowsAsync<IpcException>(
            () => bench.Client.SemaphoreSets.Open(1).OperateAsync(operations).AsTask().Soon());
        Assert.Equal(Errno.EINVAL, exception.Errno);
    }

    [Fact]
    public async Task A_negative_time_out_is_an_argument_error()
    {
        var bench = await ClientBench.ConnectAsync();
        Assert.Throws<ArgumentOutOfRangeException>(
            () => { _ = bench.Queue.ReceiveAsync(timeout: TimeSpan.FromSeconds(-1)); });
    }

    [Fact]
    public async Task Receiving_all_ends_when_the_queue_is_removed()
    {
        var bench = await ClientBench.ConnectAsync();
        var answered = 0;
        _ = bench.Stream.ServeAsync(_ => ++answered < 4 ? Calls.Message(0, "m") : Calls.Failed(0, Errno.EIDRM));
        var count = 0;
        var exception = await Assert.ThrowsAsync<IpcException>(async () =>
        {
            await foreach (var message in bench.Queue.ReceiveAllAsync())
                count += message.Text.Length;
        });
        Assert.Equal((Errno.EIDRM, 3), (exception.Errno, count));
    }

    [Fact]
    public async Task Each_of_many_concurrent_callers_gets_its_own_result()
    {
        var bench = await ClientBench.ConnectAsync();
        _ = bench.Stream.ServeAsync(call => Calls.Message(0, $"{call.Msgrcv.Type}"));
        await Parallel.ForEachAsync(Enumerable.Range(1, 5_000), async (number, _) =>
        {
            var message = await bench.Queue.ReceiveAsync(number);
            Assert.Equal($"{number}", System.Text.Encoding.UTF8.GetString(message.Text.Span));
        }).Soon();
    }

    [Fact]
    public async Task Control_calls_reach_the_queue_and_removal_its_directory()
    {
        var bench = await ClientBench.ConnectAsync();
        var stat = bench.Queue.StatAsync(any: true);
        var call = await bench.Stream.AnswerAsync(_ => new Result { QueueStat = new QueueStat { Qnum = 4 } });
        Assert.True(call.Msgstat.Any);
        Assert.Equal(4UL, (await stat.Soon()).Qnum);

        var change = new QueueChange { Uid = 1, Gid = 2, Mode = (UnixFileMode)0x1FF, Qbytes = 4096 };
        var set = bench.Queue.SetAsync(change);
        call = await bench.Stream.AnswerAsync(_ => new Result());
        await set.Soon();
        Assert.Equal(new MsgSet { Uid = 1, Gid = 2, Mode = 0x1FF, Qbytes = 4096 }, call.Msgset);

        set = bench.Queue.SetAsync(new QueueChange { Mode = UnixFileMode.UserRead });
        call = await bench.Stream.AnswerAsync(_ => new Result());
        await set.Soon();
        Assert.Equal(
            new MsgSet { Uid = uint.MaxValue, Gid = uint.MaxValue, Patch = new PermissionsPatch { Mode = 0x100 } },
            call.Msgset);

        set = bench.Queue.SetAsync(new QueueChange { Uid = 0, Qbytes = 0 });
        call = await bench.Stream.AnswerAsync(_ => new Result());
        await set.Soon();
        Assert.Equal(new PermissionsPatch { Uid = 0 }, call.Msgset.Patch);
        Assert.True(call.Msgset is { HasPatchedQbytes: true, PatchedQbytes: 0 });

        var failing = bench.Queue.SetAsync(new QueueChange());
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EIDRM));
        var removed = await Assert.ThrowsAsync<IpcException>(() => failing.Soon());
        Assert.Equal("msgctl(IPC_SET)", removed.Call);

        var remove = bench.Queue.RemoveAsync();
        var (target, removal) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.Directory, (long)Kind.MessageQueue), (target.Kind, target.Id));
        Assert.Equal(5, removal.Remove.Id);
        bench.Stream.Push(Calls.Results(target, "", Calls.Failed(removal.Seq, Errno.EPERM)));
        var exception = await Assert.ThrowsAsync<IpcException>(() => remove.Soon());
        Assert.StartsWith("msgctl(IPC_RMID): EPERM", exception.Message, StringComparison.Ordinal);
    }
}
