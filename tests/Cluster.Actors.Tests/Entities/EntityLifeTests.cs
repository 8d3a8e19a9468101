using Akka.Actor;
using Akka.Cluster.Sharding;
using Cluster.Actors.Entities;
using Cluster.Actors.Membership.Quorum;
using Cluster.Core.Machines;
using Cluster.Protocol;
using static Cluster.Actors.Tests.Entities.Session;
using Fact = Cluster.Protocol.Event.FactOneofCase;

namespace Cluster.Actors.Tests.Entities;

/// <summary>The stop of an entity, and the waiters in it.</summary>
public sealed class EntityLifeTests : EntitySpec
{
    private readonly EntityHost _host;
    private readonly Session _one;
    private readonly Session _two;
    private readonly Session _three;

    public EntityLifeTests()
    {
        _host = new EntityHost(this, Options);
        (_one, _two, _three) = (new Session(this, 7), new Session(this, 8), new Session(this, 9));
    }

    [Fact]
    public async Task A_stop_waits_for_the_write_under_way_and_tells_parked_callers()
    {
        var queue = await StartWithReceiversAsync();
        Gate.Close();
        _three.Call(queue, Send(1, "a", type: 3));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        queue.Tell(StopEntity.Instance);
        _three.Call(queue, Send(2, "b", type: 3));
        await _three.HearsNothingAsync(queue);

        Gate.Open();
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        await _three.HearsAsync((1, Errno.None));
        await _three.HearsAsync((2, Errno.None));
        await _three.HearsMovedAsync();
        await _one.HearsMovedAsync();
        await _two.HearsMovedAsync();
        await _host.StoppedAsync(queue);
    }

    [Fact]
    public async Task A_stop_writes_lazy_events()
    {
        var queue = await StartWithReceiversAsync();
        _three.Call(queue, Send(1, "a", type: 3));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        await _three.HearsAsync((1, Errno.None));
        _three.Acknowledge(queue, 2);
        queue.Tell(StopEntity.Instance);
        Assert.Equal([Fact.CallsAcknowledged], await RowKindsAsync());
        await _three.HearsMovedAsync();
        await _host.StoppedAsync(queue);
    }

    [Fact]
    public async Task No_call_overtakes_a_lost_one()
    {
        var queue = _host.Start();
        _one.CallAfter(queue, after: 1, Send(2, "second"));
        await _one.HearsMovedAsync();
        _one.Call(queue, Send(1, "first"), Send(2, "second"));
        await _one.HearsAsync((1, Errno.None), (2, Errno.None));
        _one.CallAfter(queue, after: 2, Send(3, "third"));
        await _one.HearsAsync((3, Errno.None));
        await _two.SeesAsync(queue, "first", "second", "third");
    }

    [Fact]
    public async Task A_process_without_its_session_starts_a_new_order()
    {
        var queue = _host.Start();
        _one.Call(queue, Receive(1));
        Assert.Contains(Fact.ReceiverParked, await RowKindsAsync()); // the entity has read its journal and taken the call
        await _host.LoseAsync(_one.Ref);
        var again = new Session(this, 7);
        again.CallAfter(queue, after: 1, Stat(2));
        await again.HearsMovedAsync();
        again.Call(queue, Receive(1), Stat(2));
        await again.HearsAsync((2, Errno.None));
    }

    [Fact]
    public async Task A_parked_call_has_its_old_place_after_a_stop()
    {
        var queue = await StartWithReceiversAsync();
        queue.Tell(StopEntity.Instance);
        await _host.StoppedAsync(queue);
        await _one.HearsMovedAsync();
        await _two.HearsMovedAsync();

        queue = _host.Start();
        Assert.Equal([Fact.Incarnated], await RowKindsAsync());
        _two.Call(queue, Receive(1, type: 1));
        _one.Call(queue, Receive(1, type: 1));
        _three.Call(queue, Send(1, "first"), Send(2, "second"));
        Assert.Equal("first", Text(await _one.HearsAsync((1, Errno.None))));
        Assert.Equal("second", Text(await _two.HearsAsync((1, Errno.None))));
    }

    [Fact]
    public async Task A_late_call_of_an_ended_stream_does_not_take_the_results()
    {
        var queue = _host.Start();
        var (old, next) = (new Session(this, 7), new Session(this, 7));
        next.CallBy(queue, 2, Receive(1));
        old.CallBy(queue, 1, Receive(1));
        _two.Call(queue, Send(1, "for the next"));
        Assert.Equal("for the next", Text(await next.HearsAsync((1, Errno.None))));
        await old.HearsNothingAsync(queue);
    }

    [Fact]
    public async Task A_node_without_a_majority_sends_nothing()
    {
        var nowMs = 0L;
        var quorum = new LeasedQuorum(() => nowMs);
        var queue = new EntityHost(this, Options with { Quorum = quorum }).Start();
        quorum.Extend(750);
        _one.Call(queue, Send(1, "a"));
        await _one.HearsAsync((1, Errno.None));

        nowMs = 750; // it was stopped, say
        _two.Call(queue, Stat(1), Receive(2, type: 1));
        _one.Call(queue, Session.Copy(2, 5));
        await _two.HearsNothingAsync(queue);
        await _one.HearsNothingAsync(queue);
        // Nor does it write: that would take the entity away from where it is now.
        Assert.Equal([Fact.QueueCreated, Fact.MessageQueued], await RowKindsAsync());

        quorum.Extend(1_500);
        await _two.HearsAsync((1, Errno.None));
        await _two.HearsAsync((2, Errno.None)); // once it is written
        await _one.HearsAsync((2, Errno.ENOMSG));
    }

    [Fact]
    public async Task A_node_without_a_majority_writes_nothing_when_it_ends()
    {
        var nowMs = 0L;
        var quorum = new LeasedQuorum(() => nowMs);
        var queue = new EntityHost(this, Options with { Quorum = quorum }).Start();
        quorum.Extend(750);
        _one.Call(queue, Send(1, "a"));
        await _one.HearsAsync((1, Errno.None));

        nowMs = 750;
        _two.Call(queue, Receive(1, type: 1));
        Watch(queue);
        queue.Tell(StopEntity.Instance);
        await ExpectTerminatedAsync(queue);
        Assert.Equal([Fact.QueueCreated, Fact.MessageQueued], await RowKindsAsync());
    }

    [Fact]
    public async Task A_process_with_a_new_session_has_its_old_place()
    {
        var queue = await StartWithReceiversAsync();
        await _host.LoseAsync(_one.Ref);

        // The waiter keeps its turn: no other receiver gets the message.
        _three.Call(queue, Send(1, "first"));
        Assert.Equal([Fact.MessageQueued], await RowKindsAsync());
        await _three.HearsAsync((1, Errno.None));
        await _two.HearsNothingAsync(queue);

        var back = new Session(this, 7);
        back.Call(queue, Receive(1, type: 1));
        Assert.Equal("first", Text(await back.HearsAsync((1, Errno.None))));
        _three.Call(queue, Send(2, "second"));
        Assert.Equal("second", Text(await _two.HearsAsync((1, Errno.None))));
    }

    [Fact]
    public async Task A_process_without_a_session_is_passed_over()
    {
        var queue = await StartWithReceiversAsync();
        await _host.LoseAsync(_one.Ref);
        _three.Call(queue, Send(1, "first"));
        await _three.HearsAsync((1, Errno.None));
        await _two.HearsNothingAsync(queue);

        Clock.Advance(TimeSpan.FromMilliseconds(Machine.GraceMs));
        Assert.Equal("first", Text(await _two.HearsAsync((1, Errno.None))));
        var back = new Session(this, 7);
        back.Call(queue, Receive(1, type: 1));
        _three.Call(queue, Send(2, "second"));
        Assert.Equal("second", Text(await back.HearsAsync((1, Errno.None))));
    }

    [Fact]
    public async Task An_idle_entity_asks_for_its_stop()
    {
        var queue = _host.Start();
        _one.Call(queue, Send(1, "a"));
        await _one.HearsAsync((1, Errno.None));
        Clock.Advance(Options.PassivateAfter - TimeSpan.FromSeconds(10));
        _one.Call(queue, Stat(2));
        await _one.HearsAsync((2, Errno.None));
        Clock.Advance(TimeSpan.FromSeconds(10));
        await _one.HearsNothingAsync(queue);
        await _host.Shard.ExpectNoMsgAsync(TimeSpan.Zero);

        Clock.Advance(Options.PassivateAfter);
        var passivate = await _host.Shard.ExpectMsgAsync<Passivate>();
        Assert.Same(StopEntity.Instance, passivate.StopMessage);
        Assert.Equal(queue, _host.Shard.Sender);
    }

    [Fact]
    public async Task An_entity_with_a_waiter_stays_in_memory()
    {
        var queue = await StartWithReceiversAsync();
        for (var times = 0; times < 3; times++)
        {
            Clock.Advance(Options.PassivateAfter);
            await _one.HearsNothingAsync(queue);
        }

        await _host.Shard.ExpectNoMsgAsync(TimeSpan.Zero);
        _three.Call(queue, Send(1, "first"), Send(2, "second"));
        await _one.HearsAsync((1, Errno.None));
        await _two.HearsAsync((1, Errno.None));
        await _three.HearsAsync((1, Errno.None));
        await _three.HearsAsync((2, Errno.None));
        Clock.Advance(Options.PassivateAfter);
        await _host.Shard.ExpectMsgAsync<Passivate>();
    }

    [Fact]
    public async Task A_finished_entity_answers_after_its_journal_was_deleted()
    {
        var queue = _host.Start();
        _one.Call(queue, Send(1, "a"));
        await _one.HearsAsync((1, Errno.None));
        _one.Acknowledge(queue, 2);
        var directory = CreateTestProbe();
        queue.Tell(new Request { Id = 1, To = EntityHost.Queue, DestroyObject = new DestroyObject() }, directory);
        Assert.Equal(1ul, (await directory.ExpectMsgAsync<Reply>()).Id);
        queue.Tell(new Request { Id = 2, To = EntityHost.Queue, ForgetObject = new ForgetObject() }, directory);
        Assert.Equal(2ul, (await directory.ExpectMsgAsync<Reply>()).Id);
        await _host.Shard.ExpectMsgAsync<Passivate>();
        queue.Tell(StopEntity.Instance);
        await _host.StoppedAsync(queue);
        await _one.HearsMovedAsync();

        // Nothing is left: it would begin anew, if the directory still listed it.
        queue = _host.Start();
        _one.Call(queue, Stat(2));
        var stat = await _one.HearsAsync((2, Errno.None));
        Assert.Equal(0ul, stat.Results_[0].QueueStat.Qnum);
    }

    // A queue in which the first and the second session wait, in this order.
    private async Task<IActorRef> StartWithReceiversAsync()
    {
        var queue = _host.Start();
        _one.Call(queue, Receive(1, type: 1));
        Assert.Equal([Fact.QueueCreated, Fact.ReceiverParked], await RowKindsAsync());
        _two.Call(queue, Receive(1, type: 1));
        Assert.Equal([Fact.ReceiverParked], await RowKindsAsync());
        return queue;
    }

    private static string Text(Results results) => results.Results_[0].Message.Text.ToStringUtf8();
}
