using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

public sealed class MessageQueuesTests
{
    private static Result Got(int id, bool existed) => new() { Got = new Got { Id = id, Existed = existed } };

    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(150);

    [Fact]
    public async Task Get_of_a_new_queue_is_one_call_to_the_directory()
    {
        var bench = await ClientBench.ConnectAsync();
        var getting = bench.Client.MessageQueues.GetAsync(42, durability: Durability.Volatile);
        var (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.Directory, (long)Kind.MessageQueue), (target.Kind, target.Id));
        Assert.Equal(new Get { Key = 42, Flags = 0x380, Volatile = true }, call.Get);
        var result = Got(9, existed: false);
        result.Seq = call.Seq;
        bench.Stream.Push(Calls.Results(target, "", result));
        Assert.Equal(9, (await getting.Soon()).Id);
    }

    [Fact]
    public async Task Get_of_a_queue_that_exists_asks_the_queue_for_permission()
    {
        var bench = await ClientBench.ConnectAsync();
        var getting = bench.Client.MessageQueues.GetAsync(42, GetFlags.None, (UnixFileMode)0x1A4);
        await bench.Stream.AnswerAsync(_ => Got(9, existed: true));
        var (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.MessageQueue, 9, 0x1A4), (target.Kind, target.Id, call.Access.Flags));
        bench.Stream.Push(Calls.Results(target, "", Calls.Failed(call.Seq, Errno.EACCES)));
        var exception = await Assert.ThrowsAsync<IpcException>(() => getting.Soon());
        Assert.Equal("msgget: EACCES (permission denied)", exception.Message);
    }

    [Theory]
    [InlineData(Errno.EIDRM)]
    [InlineData(Errno.EINVAL)]
    public async Task Get_of_a_queue_that_is_just_removed_asks_the_directory_again(Errno gone)
    {
        var bench = await ClientBench.ConnectAsync();
        var getting = bench.Client.MessageQueues.GetAsync(42);
        await bench.Stream.AnswerAsync(_ => Got(9, existed: true));
        await bench.Stream.AnswerAsync(_ => Calls.Failed(0, gone));
        await bench.Stream.AnswerAsync(_ => Got(10, existed: false));
        Assert.Equal(10, (await getting.Soon()).Id);
    }

    [Fact]
    public async Task Get_asks_the_directory_a_bounded_number_of_times()
    {
        var bench = await ClientBench.ConnectAsync();
        var gets = 0;
        _ = bench.Stream.ServeAsync(call =>
        {
            if (call.OpCase != Call.OpOneofCase.Get)
                return Calls.Failed(0, Errno.EIDRM);
            gets++;
            return Got(9, existed: true);
        });
        var getting = bench.Client.MessageQueues.GetAsync(42);
        while (!getting.IsCompleted)
        {
            bench.Time.AdvanceToTimerWithin(LongestDelay);
            await Task.Yield();
        }

        Assert.Equal(Errno.EIDRM, (await Assert.ThrowsAsync<IpcException>(() => getting.Soon())).Errno);
        Assert.Equal(10, gets);
    }

    [Fact]
    public async Task Create_makes_a_private_queue()
    {
        var bench = await ClientBench.ConnectAsync();
        var creating = bench.Client.MessageQueues.CreateAsync((UnixFileMode)0x1B6);
        var call = await bench.Stream.AnswerAsync(_ => Got(3, existed: false));
        Assert.Equal((0, IpcFlags.IPC_CREAT | 0x1B6), (call.Get.Key, call.Get.Flags));
        Assert.Equal(3, (await creating.Soon()).Id);
    }

    [Fact]
    public async Task Listing_goes_page_by_page()
    {
        var bench = await ClientBench.ConnectAsync();
        _ = bench.Stream.ServeAsync(call => new Result
        {
            Listing = call.List.AfterId < 0
                ? new Listing { Ids = { 1, 4 }, Keys = { 10, 40 }, More = true }
                : new Listing { Ids = { (int)call.List.AfterId + 1 }, Keys = { 50 } },
        });
        var entries = new List<IpcObjectEntry>();
        await foreach (var entry in bench.Client.MessageQueues.ListAsync())
            entries.Add(entry);
        Assert.Equal([new(1, 10), new(4, 40), new(5, 50)], entries);
    }

    [Fact]
    public async Task Usage_adds_up_the_queues_and_skips_removed_ones()
    {
        var bench = await ClientBench.ConnectAsync();
        var stats = 0;
        _ = bench.Stream.ServeAsync(call => call.OpCase switch
        {
            Call.OpOneofCase.List => new Result { Listing = new Listing { Ids = { 1, 2, 3 }, Keys = { 0, 0, 0 } } },
            _ when Interlocked.Increment(ref stats) == 2 => Calls.Failed(0, Errno.EIDRM),
            _ => new Result { QueueStat = new QueueStat { Qnum = 2, Cbytes = 30 } },
        });
        var usage = await bench.Client.MessageQueues.UsageAsync().Soon();
        Assert.Equal(new MessageQueueUsage(2, 4, 60), usage);
    }

    [Fact]
    public async Task Info_has_the_limits_and_what_Linux_derives_from_them()
    {
        var bench = await ClientBench.ConnectAsync();
        _ = bench.Stream.ServeAsync(call => call.OpCase == Call.OpOneofCase.LimitsGet
            ? new Result { Limits = new Limits { Msgmax = 8192, Msgmnb = 16384, Msgmni = 32000 } }
            : new Result { DirectoryStatus = new DirectoryStatus { Objects = 2, HighestIndex = 6 } });
        var info = await bench.Client.MessageQueues.InfoAsync().Soon();
        Assert.Equal(new MessageQueueLimits(8192, 16384, 32000, 2, 6), info);
        Assert.Equal((512000, 16384, 16, 65535), (info.MsgPool, info.MsgTql, info.MsgSsz, info.MsgSeg));
    }

    [Fact]
    public async Task Stat_by_index_resolves_the_index_first()
    {
        var bench = await ClientBench.ConnectAsync();
        var asking = bench.Client.MessageQueues.StatByIndexAsync(4, any: true);
        Assert.Equal(4, (await bench.Stream.AnswerAsync(_ => new Result { Id = 77 })).Resolve.Index);
        var (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((77, true), (target.Id, call.Msgstat.Any));
        bench.Stream.Push(Calls.Results(target, "", new Result { Seq = call.Seq, QueueStat = new QueueStat() }));
        await asking.Soon();
    }

    [Fact]
    public async Task Namespace_calls_reach_the_processs_own_namespace()
    {
        var bench = await ClientBench.ConnectAsync();
        var setting = bench.Client.Namespace.SetLimitAsync("msgmax", 100);
        var (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.Namespace, new LimitsSet { Name = "msgmax", Value = 100 }), (target.Kind, call.LimitsSet));
        bench.Stream.Push(Calls.Results(target, "", Calls.Failed(call.Seq, Errno.EPERM)));
        Assert.Equal(Errno.EPERM, (await Assert.ThrowsAsync<IpcException>(() => setting.Soon())).Errno);

        var listing = bench.Client.Namespace.ListChildrenAsync();
        await bench.Stream.AnswerAsync(
            _ => new Result { NamespaceListing = new NamespaceListing { Names = { "a", "b" } } });
        Assert.Equal(["a", "b"], await listing.Soon());
    }
}
