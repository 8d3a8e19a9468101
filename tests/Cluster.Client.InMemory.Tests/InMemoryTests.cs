using System.Text;
using Cluster.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Client.InMemory.Tests;

/// <summary>The whole kernel in the memory of a test.</summary>
public sealed class InMemoryTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKernel _kernel;
    private readonly IpcClient _one;
    private readonly IpcClient _two;

    public InMemoryTests()
    {
        _kernel = new InMemoryKernel(_time);
        (_one, _two) = (Client(), Client());
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        _kernel.Dispose();
    }

    [Fact]
    public async Task A_limit_that_does_not_exist_is_answered_with_those_that_do()
    {
        await using var root = Client(uid: 0);
        var failed = await Assert.ThrowsAsync<IpcException>(() => root.Namespace.SetLimitAsync("msgmnx", 1));
        Assert.Equal(Errno.ENOENT, failed.Errno);
        Assert.Contains("limits are msgmax, msgmnb", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_clients_share_one_queue()
    {
        var queue = await _one.MessageQueues.GetAsync(key: 42);
        await queue.SendAsync(1, "hello"u8.ToArray());
        var same = await _two.MessageQueues.GetAsync(key: 42);
        Assert.Equal(queue.Id, same.Id);
        Assert.Equal("hello", Text(await same.ReceiveAsync()));
        Assert.NotEqual(_one.Pid, _two.Pid);
    }

    [Fact]
    public async Task A_client_without_a_given_kernel_gets_a_new_one()
    {
        await using var alone = IpcClient.CreateInMemory();
        var queue = await alone.MessageQueues.GetAsync(key: 42);
        await queue.SendAsync(1, "mine"u8.ToArray());
        Assert.Null(await (await _one.MessageQueues.GetAsync(key: 42)).TryReceiveAsync());
        Assert.Equal("mine", Text(await queue.ReceiveAsync()));
    }

    [Fact]
    public async Task A_blocked_receive_is_woken_by_another_client()
    {
        var queue = await _one.MessageQueues.GetAsync(key: 42);
        var received = queue.ReceiveAsync(type: 7).AsTask();
        await queue.StatAsync(); // made after the receive, so the receive is parked now
        Assert.False(received.IsCompleted);
        await (await _two.MessageQueues.GetAsync(key: 42)).SendAsync(7, "wake"u8.ToArray());
        Assert.Equal("wake", Text(await received.WaitAsync(Patience)));
    }

    [Fact]
    public async Task A_time_out_follows_the_clock_of_the_kernel()
    {
        var queue = await _one.MessageQueues.GetAsync(key: 42);
        var received = queue.ReceiveAsync(timeout: TimeSpan.FromSeconds(10)).AsTask();
        await queue.StatAsync();
        _time.Advance(TimeSpan.FromSeconds(9));
        await queue.StatAsync();
        Assert.False(received.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        var failure = await Assert.ThrowsAsync<IpcTimeoutException>(() => received.WaitAsync(Patience));
        Assert.Equal(Errno.ETIMEDOUT, failure.Errno);
    }

    [Fact]
    public async Task The_disposal_of_a_client_undoes_its_permits()
    {
        var set = await _two.SemaphoreSets.GetAsync(key: 43);
        await set.SetValueAsync(0, 1);
        var holder = Client();
        await (await holder.SemaphoreSets.GetAsync(key: 43)).AcquireAsync();
        var waiting = set.AcquireAsync().AsTask();
        Assert.Equal(1, await set.GetIncreaseCountAsync(0));
        await holder.DisposeAsync();
        await using var permit = await waiting.WaitAsync(Patience);
        Assert.Equal(0, await set.GetValueAsync(0));
    }

    [Fact]
    public async Task The_end_of_the_lease_undoes_the_permits_of_a_client()
    {
        var set = await _two.SemaphoreSets.GetAsync(key: 43);
        await set.SetValueAsync(0, 1);
        var session = _kernel.Open(); // a process that holds the permit and says nothing more
        await session.WriteAsync(
            new ClientFrame { Hello = new Hello { NewProcess = new NewProcess { LeaseMs = 5_000 } } }, default);
        Assert.NotNull((await session.ReadAsync(default))?.Welcome);
        var take = new SemBuf { Op = -1, Flags = IpcFlags.SEM_UNDO };
        var calls = new TargetCalls { Target = new Target { Kind = Kind.SemaphoreSet, Id = set.Id } };
        calls.Calls.Add(new Call { Seq = 1, Semop = new SemOp { Ops = { take } } });
        await session.WriteAsync(new ClientFrame { Calls = { calls } }, default);
        Assert.Equal((int)Errno.EACCES, (await session.ReadAsync(default))!.Results[0].Results[0].Errno);

        await set.SetAsync(new PermissionsChange
        {
            Uid = uint.MaxValue - 1, Gid = uint.MaxValue - 1, Mode = (UnixFileMode)0x1B6,
        });
        calls.Calls[0].Seq = 2;
        await session.WriteAsync(new ClientFrame { Calls = { calls } }, default);
        Assert.Equal(0, (await session.ReadAsync(default))!.Results[0].Results[0].Errno);
        Assert.Equal(0, await set.GetValueAsync(0));
        await session.DisposeAsync();
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(1, await set.GetValueAsync(0));
    }

    [Fact]
    public async Task A_test_may_advance_its_clock_by_a_minute_in_one_step()
    {
        var queue = await _one.MessageQueues.GetAsync(key: 42);
        var received = queue.ReceiveAsync(timeout: TimeSpan.FromMinutes(1)).AsTask();
        await queue.StatAsync();
        _time.Advance(TimeSpan.FromSeconds(61));
        await Assert.ThrowsAsync<IpcTimeoutException>(() => received.WaitAsync(Patience));
        await queue.StatAsync();
    }

    [Fact]
    public async Task A_disposed_kernel_ends_its_clients()
    {
        var kernel = new InMemoryKernel();
        await using var client = IpcClient.CreateInMemory(kernel);
        var queue = await client.MessageQueues.GetAsync(key: 42);
        var received = queue.ReceiveAsync().AsTask();
        await queue.StatAsync();
        kernel.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => received.WaitAsync(Patience));
        var failure = await Xunit.Record.ExceptionAsync(() => queue.StatAsync().WaitAsync(Patience));
        Assert.IsNotType<TimeoutException>(failure);
        Assert.NotNull(failure);
    }

    [Fact]
    public async Task Clients_share_a_segment()
    {
        var segment = await _one.SharedMemorySegments.GetAsync(key: 44, size: 1 << 20);
        await using var mine = await segment.AttachAsync();
        await mine.WriteAsync(300_000, "hello"u8.ToArray());
        await using var theirs = await (await _two.SharedMemorySegments.GetAsync(key: 44, size: 1 << 20)).AttachAsync();
        var buffer = new byte[5];
        await theirs.ReadAsync(300_000, buffer);
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer));
        await theirs.FetchAddAsync(0, 5L);
        Assert.Equal(5, await mine.FetchAddAsync(0, 1L));
    }

    [Fact]
    public async Task Namespaces_have_separate_objects()
    {
        await using var root = Client(uid: 0);
        await root.Namespace.CreateChildAsync("prod");
        await using var inside = Client(path: "/prod");
        await (await inside.MessageQueues.GetAsync(key: 42)).SendAsync(1, "inside"u8.ToArray());
        Assert.Null(await (await _one.MessageQueues.GetAsync(key: 42)).TryReceiveAsync());
        await using var beside = Client(path: "/prod");
        Assert.Equal("inside", Text(await (await beside.MessageQueues.GetAsync(key: 42)).ReceiveAsync()));
        Assert.Equal(["prod"], await root.Namespace.ListChildrenAsync());
    }

    [Fact]
    public async Task A_new_limit_applies_to_connected_clients()
    {
        var queue = await _one.MessageQueues.GetAsync(key: 42);
        await queue.SendAsync(1, new byte[11]);
        await using var root = Client(uid: 0);
        await root.Namespace.SetLimitAsync("msgmax", 10);
        var failure = await Assert.ThrowsAsync<IpcException>(() => queue.SendAsync(1, new byte[11]).AsTask());
        Assert.Equal(Errno.EINVAL, failure.Errno);
    }

    [Fact]
    public async Task A_removed_queue_and_an_ended_process_leave_no_entity()
    {
        var before = await _one.StatAsync();
        var client = Client();
        var queue = await client.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "x"u8.ToArray());
        Assert.NotEqual(before.Entities, (await _one.StatAsync()).Entities);
        await queue.RemoveAsync();
        await client.DisposeAsync();
        // The directory of queues remains, and the entities that the first client needed to connect.
        await using var other = Client();
        await Assert.ThrowsAsync<IpcException>(() => other.MessageQueues.Open(queue.Id).StatAsync());
        var kinds = _kernel.Kinds();
        Assert.DoesNotContain(Kind.MessageQueue, kinds);
        Assert.Single(kinds, Kind.Process); // of the last client
    }

    [Fact]
    public async Task A_trace_is_refused()
    {
        await using var trace = _one.TraceProcessAsync(1).GetAsyncEnumerator();
        var failure = await Assert.ThrowsAsync<IpcException>(() => trace.MoveNextAsync().AsTask());
        Assert.Equal(Errno.ENOSYS, failure.Errno);
    }

    private IpcClient Client(uint uid = 1000, string path = "/") =>
        IpcClient.CreateInMemory(_kernel, new IpcClientOptions { Uid = uid, Namespace = path });

    private static string Text(IpcMessage message) => Encoding.UTF8.GetString(message.Text.Span);
}
