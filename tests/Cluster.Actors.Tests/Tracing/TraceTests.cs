using Cluster.Actors.Tests.Client;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Tracing;

/// <summary>Traces on a single node that serializes all messages.</summary>
public sealed class TraceTests(ClusterMember member) : IClassFixture<ClusterMember>
{
    private static readonly TimeSpan Patience = ClusterMember.Patience;

    [Fact]
    public async Task A_queue_is_traced_through_its_life()
    {
        await using var tracer = await member.ConnectAsync();
        await using var sender = await member.ConnectAsync();
        await using var receiver = await member.ConnectAsync();
        var queue = await sender.MessageQueues.CreateAsync();
        await using var story = await Story.BeginAsync(tracer.TraceObjectAsync(IpcObjectKind.MessageQueue, queue.Id));
        var mine = receiver.MessageQueues.Open(queue.Id);

        await queue.SendAsync(1, "first"u8.ToArray());
        Assert.Equal($"{sender.Pid} Msgsnd None", await story.TellAsync());
        await mine.ReceiveAsync();
        Assert.Equal($"{receiver.Pid} Msgrcv None", await story.TellAsync());

        var blocked = mine.ReceiveAsync().AsTask();
        Assert.Equal($"{receiver.Pid} parked Msgrcv", await story.TellAsync());
        await queue.SendAsync(1, new byte[100]);
        var both = new[] { (await story.NextAsync())!, (await story.NextAsync())! };
        Assert.Equal([sender.Pid, receiver.Pid], both.Select(news => news.Pid).Order());
        var sent = both.Single(news => news.Pid == sender.Pid).Completed;
        Assert.Equal((100, 32), (sent.CallLength, sent.Call.Msgsnd.Text.Length));
        var woken = both.Single(news => news.Pid == receiver.Pid).Completed;
        Assert.Equal((100, 32), (woken.ResultLength, woken.Result.Message.Text.Length));
        Assert.InRange(woken.StartUs, 1, both[1].TimeUs);
        Assert.Equal(100, (await blocked.WaitAsync(Patience)).Text.Length);

        var last = mine.ReceiveAsync().AsTask();
        Assert.Equal($"{receiver.Pid} parked Msgrcv", await story.TellAsync());
        await queue.RemoveAsync();
        Assert.Equal($"{receiver.Pid} Msgrcv EIDRM", await story.TellAsync());
        Assert.Equal($"{sender.Pid} Remove None", await story.TellAsync());
        await Assert.ThrowsAsync<IpcException>(() => last.WaitAsync(Patience));
        Assert.Empty(FallbackSerializer.Ours.Distinct());
    }

    [Fact]
    public async Task A_process_is_traced_from_its_first_call_to_its_exit()
    {
        await using var tracer = await member.ConnectAsync();
        await using var other = await member.ConnectAsync();
        var traced = await member.ConnectAsync();
        await using var story = await Story.BeginAsync(tracer.TraceProcessAsync(traced.Pid));
        var queue = await traced.MessageQueues.CreateAsync();
        await other.MessageQueues.Open(queue.Id).SendAsync(1, "hello"u8.ToArray());
        await traced.MessageQueues.Open(queue.Id).StatAsync();
        var set = await traced.SemaphoreSets.CreateAsync(1);
        await set.OperateAsync([new SemaphoreOperation(0, 1)]);
        foreach (var call in new[] { "Get", "Msgstat", "Get", "Semop" })
            Assert.Equal($"{traced.Pid} {call} None", await story.TellAsync());
        var blocked = set.OperateAsync([new SemaphoreOperation(0, -2)]).AsTask();
        Assert.Equal($"{traced.Pid} parked Semop", await story.TellAsync());
        await traced.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked.WaitAsync(Patience));
        Assert.Equal($"{traced.Pid} Semop EINTR", await story.TellAsync());
        Assert.Equal($"{traced.Pid} Exited", await story.TellAsync());
        Assert.Equal("end", await story.TellAsync());
    }

    [Fact]
    public async Task A_trace_shows_the_wake_up_of_a_call_that_parked_before_it()
    {
        await using var tracer = await member.ConnectAsync();
        var queue = await tracer.MessageQueues.CreateAsync();
        var blocked = queue.ReceiveAsync(5).AsTask();
        while ((await queue.StatAsync()).Receivers == 0)
        {
        }

        await using var story = await Story.BeginAsync(tracer.TraceObjectAsync(IpcObjectKind.MessageQueue, queue.Id));
        await queue.SendAsync(5, "late"u8.ToArray());
        var woken = new[] { await story.NextAsync(), await story.NextAsync() }
            .Single(news => news!.Completed.Call.OpCase == Call.OpOneofCase.Msgrcv)!.Completed;
        Assert.Equal((5, 0), (woken.Call.Msgrcv.Type, woken.StartUs));
        await blocked.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_slow_tracer_gets_the_number_of_missing_events()
    {
        const int sends = 12_000;
        await using var tracer = await member.ConnectAsync();
        await using var sender = await member.ConnectAsync();
        var queue = await sender.MessageQueues.CreateAsync(durability: Durability.Volatile);
        await using var story = await Story.BeginAsync(tracer.TraceObjectAsync(IpcObjectKind.MessageQueue, queue.Id));
        await Task.WhenAll(Enumerable.Range(0, sends).Select(_ => queue.SendAsync(1, default).AsTask()))
            .WaitAsync(Patience);
        ulong seen = 0;
        ulong dropped = 0;
        while (seen + dropped < sends)
        {
            var news = (await story.NextAsync())!;
            if (news.WhatCase == TraceEvent.WhatOneofCase.Dropped) dropped += news.Dropped;
            else seen++;
        }

        Assert.Equal(sends, (int)(seen + dropped));
        Assert.InRange(dropped, 1ul, (ulong)sends);
    }

    [Fact]
    public async Task Only_root_and_the_same_user_may_trace()
    {
        await using var root = await member.ConnectAsync();
        await using var owner = await member.ConnectAsync(uid: 1_000);
        await using var other = await member.ConnectAsync(uid: 1_001);
        var queue = await owner.MessageQueues.CreateAsync((UnixFileMode)0x1FF);
        await RefusedAsync(Errno.EPERM, other.TraceProcessAsync(owner.Pid));
        await RefusedAsync(Errno.EPERM, owner.TraceProcessAsync(root.Pid));
        await RefusedAsync(Errno.EPERM, other.TraceObjectAsync(IpcObjectKind.MessageQueue, queue.Id));
        await RefusedAsync(Errno.EINVAL, root.TraceObjectAsync(IpcObjectKind.MessageQueue, 12_345));
        await RefusedAsync(Errno.EINVAL, root.TraceObjectAsync((IpcObjectKind)Kind.Directory, 1));
        await RefusedAsync(Errno.ESRCH, root.TraceProcessAsync(1_000_000));
        await using var own = await Story.BeginAsync(owner.TraceObjectAsync(IpcObjectKind.MessageQueue, queue.Id));
        await using var same = await Story.BeginAsync(owner.TraceProcessAsync(owner.Pid));
        await using var any = await Story.BeginAsync(root.TraceProcessAsync(owner.Pid));
    }

    private static async Task RefusedAsync(Errno errno, IAsyncEnumerable<IpcTraceFrame> frames)
    {
        await using var trace = frames.GetAsyncEnumerator();
        var refused = await Assert.ThrowsAsync<IpcException>(
            () => trace.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(errno, refused.Errno);
    }
}
