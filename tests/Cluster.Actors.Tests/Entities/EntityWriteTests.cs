using Akka.Actor;
using Cluster.Actors.Entities;
using Cluster.Core.Machines;
using Cluster.Protocol;
using static Cluster.Actors.Tests.Entities.Session;
using Fact = Cluster.Protocol.Event.FactOneofCase;

namespace Cluster.Actors.Tests.Entities;

/// <summary>The output of an entity leaves after the row that it depends on is written.</summary>
public sealed class EntityWriteTests : EntitySpec
{
    private readonly Session _one;
    private readonly Session _two;

    public EntityWriteTests() => (_one, _two) = (new Session(this, 7), new Session(this, 8));

    [Fact]
    public async Task A_result_leaves_after_its_row_is_written()
    {
        var queue = new EntityHost(this, Options).Start();
        Gate.Close();
        _one.Call(queue, Send(1, "a"));
        Assert.Equal([Fact.QueueCreated, Fact.MessageQueued], await RowKindsAsync());
        await _one.HearsNothingAsync(queue);

        Gate.Open();
        await _one.HearsAsync((1, Errno.None));
    }

    [Fact]
    public async Task A_read_waits_for_the_row_whose_state_it_saw()
    {
        var queue = await StartAsync();
        Gate.Close();
        _one.Call(queue, Send(2, "b"));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        _two.Call(queue, Stat(1));
        await _two.HearsNothingAsync(queue);

        Gate.Open();
        var stat = await _two.HearsAsync((1, Errno.None));
        Assert.Equal(2ul, stat.Results_[0].QueueStat.Qnum);
        await NoRowAsync();
    }

    [Fact]
    public async Task A_read_of_written_state_writes_no_row()
    {
        var queue = await StartAsync();
        Gate.Close();
        _two.Call(queue, Stat(1));
        await _two.HearsAsync((1, Errno.None));
        await NoRowAsync();
    }

    [Fact]
    public async Task Calls_that_arrive_during_a_write_share_the_next_row()
    {
        var queue = await StartAsync();
        Gate.Close();
        _one.Call(queue, Send(2, "b"));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        for (var seq = 3ul; seq <= 12; seq++) _one.Call(queue, Send(seq, "c"));
        _two.Call(queue, Send(1, "d"));
        await _two.HearsNothingAsync(queue);
        await NoRowAsync();

        Gate.Open();
        Assert.Equal(Enumerable.Repeat(Fact.MessageQueued, 11), await RowKindsAsync());
        await _one.HearsAsync((2, Errno.None));
        await _one.HearsAsync([.. Enumerable.Range(3, 10).Select(seq => ((ulong)seq, Errno.None))]);
        await _two.HearsAsync((1, Errno.None));
        await NoRowAsync();
    }

    [Fact]
    public async Task Each_call_has_its_row_without_group_commit()
    {
        var queue = await StartAsync(Options with { GroupCommit = false });
        _one.Call(queue, Send(2, "b"), Send(3, "c"));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        await _one.HearsAsync((2, Errno.None));
        await _one.HearsAsync((3, Errno.None));
    }

    [Fact]
    public async Task A_snapshot_of_many_rows_is_one_write()
    {
        var executor = new ExecutorOptions { SnapshotAfterBytes = 1, SnapshotPartBytes = 16 };
        var host = new EntityHost(this, Options with { Executor = executor });
        var queue = host.Start();
        Gate.Close();
        _one.Call(queue, Send(1, "a"));
        await PartsAsync(1); // the journal takes one after the other
        _one.Call(queue, Send(2, "b"));
        await _one.HearsNothingAsync(queue);

        Gate.Open();
        await _one.HearsAsync((1, Errno.None));
        await _one.HearsAsync((2, Errno.None));
        queue.Tell(StopEntity.Instance);
        await _one.HearsMovedAsync();
        await host.StoppedAsync(queue);
        await _two.SeesAsync(host.Start(), "a", "b");
    }

    [Fact]
    public async Task Events_that_wait_for_a_write_are_bounded()
    {
        var queue = await StartAsync(Options with { Executor = new ExecutorOptions { PendingEvents = 2 } });
        Gate.Close();
        _one.Call(queue, Send(2, "written"));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        for (var seq = 3ul; seq <= 7; seq++) _one.Call(queue, Send(seq, "waits"));
        _one.Call(queue, Send(2, "sent again"));
        await _one.HearsNothingAsync(queue);

        // Two wait, two more are refused, and beyond that even a refusal is too much: the caller sends again.
        Gate.Open();
        Assert.Equal(
            [Fact.MessageQueued, Fact.MessageQueued, Fact.CallCompleted, Fact.CallCompleted], await RowKindsAsync());
        await _one.HearsAsync((2, Errno.None));
        await _one.HearsAsync((3, Errno.None), (4, Errno.None), (5, Errno.ENOBUFS), (6, Errno.ENOBUFS));
        _one.Call(queue, Send(5, "sent again"), Send(7, "sent again"), Stat(8));
        await _one.HearsAsync((5, Errno.ENOBUFS)); // it has been answered, and is not run after all
        var results = await _one.HearsAsync((7, Errno.None), (8, Errno.None));
        Assert.Equal(5ul, results.Results_[1].QueueStat.Qnum);
    }

    [Fact]
    public async Task Acknowledgements_wait_for_another_row_or_for_their_time()
    {
        var queue = await StartAsync();
        _one.Acknowledge(queue, 2);
        await _one.HearsNothingAsync(queue);
        await NoRowAsync();

        Clock.Advance(Options.LazyWriteAfter);
        Assert.Equal([Fact.CallsAcknowledged], await RowKindsAsync());
    }

    [Fact]
    public async Task A_restarted_entity_writes_before_its_first_answer()
    {
        var host = new EntityHost(this, Options);
        var queue = await StartAsync(host);
        queue.Tell(StopEntity.Instance);
        await host.StoppedAsync(queue);
        await _one.HearsMovedAsync();

        Gate.Close();
        queue = host.Start();
        Assert.Equal([Fact.Incarnated], await RowKindsAsync());
        _one.Call(queue, Send(1, "a"));
        _two.Call(queue, Stat(1));
        await _one.HearsNothingAsync(queue);
        await _two.HearsNothingAsync(queue);

        Gate.Open();
        await _one.HearsAsync((1, Errno.None));
        var stat = await _two.HearsAsync((1, Errno.None));
        Assert.Equal(1ul, stat.Results_[0].QueueStat.Qnum);
    }

    private Task<IActorRef> StartAsync(EntityOptions? options = null) =>
        StartAsync(new EntityHost(this, options ?? Options));

    // A queue with one message in it, which is in the journal.
    private async Task<IActorRef> StartAsync(EntityHost host)
    {
        var queue = host.Start();
        _one.Call(queue, Send(1, "a"));
        Assert.Equal([Fact.QueueCreated, Fact.MessageQueued], await RowKindsAsync());
        await _one.HearsAsync((1, Errno.None));
        return queue;
    }
}
